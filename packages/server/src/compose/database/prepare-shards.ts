import {
  changeDatabaseUrl,
  findClinicShard,
  isDatabaseUnusable,
  registeredShardNo,
  registerShard,
  storeAuditMonths,
  withPool,
} from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import type { Config } from '../../config/config.ts'
import { ownerUrlOf } from '../../config/owner-url.ts'
import { ofShard, type ShardSettings } from '../../config/shard-settings.ts'
import { retryUntilStopped } from '../../lifecycle/retry-until-stopped.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { DatabaseUrls } from '../pools/job-pools.ts'
import { type LoginSettings, migrateDatabase } from './migrate-database.ts'

/** A database of the installation beside the directory. */
export type PreparedShard = {
  no: number
  settings: ShardSettings
  /** null: it cannot be reached now. */
  urls: DatabaseUrls | null
  /** Brings it up to date, and registers it in the directory. Idempotent. */
  prepare(): Promise<DatabaseUrls>
}

const retryMs = 2_000

/** The URLs of a database that is not known yet: connecting fails at once. */
export const nowhere: DatabaseUrls = {
  appUrl: changeDatabaseUrl('postgres://holdfast@localhost/holdfast', { host: '/nonexistent' }),
  sessionUrl: changeDatabaseUrl('postgres://holdfast@localhost/holdfast', { host: '/nonexistent' }),
}

/**
 * Brings the databases of HOLDFAST_SHARDS up to date, one after the other, and registers them in the directory. One
 * that cannot be reached is served later, if it was registered before.
 *
 * @param ownerUrl of the directory, which is up to date
 * @throws StartError for a new one that cannot be reached; ShardRefused, MigrateError, AppLoginError for what a person
 *   has to fix
 */
export async function prepareShards(
  config: SharedSettings & Pick<Config, 'shards'>,
  ownerUrl: string,
  say: (line: string) => void,
): Promise<PreparedShard[]> {
  const prepared: PreparedShard[] = []
  for (const shard of config.shards ?? []) {
    const prepare = () => prepareShard(config, shard, ownerUrl, say)
    prepared.push(await prepareNow({ settings: shard, prepare }, ownerUrl, say))
  }
  return prepared
}

type SharedSettings = LoginSettings & Pick<Config, 'auditMonths'>

type Shard = Pick<PreparedShard, 'settings'> & { prepare(): Promise<DatabaseUrls & { no: number }> }

async function prepareNow(
  { settings, prepare }: Shard,
  directoryUrl: string,
  say: (line: string) => void,
): Promise<PreparedShard> {
  const { name } = settings
  try {
    const { no, ...urls } = await prepare()
    return { no, settings, urls, prepare }
  } catch (error) {
    if (!isDatabaseUnusable(error)) throw error
    const no = await withPool({ url: directoryUrl, name: 'holdfast start' }, (pool) => registeredShardNo(pool, name))
    const reason = messageOf(error)
    if (no === null) throw new StartError(`The new shard ${name} of HOLDFAST_SHARDS cannot be used: ${reason}`)
    say(`The shard ${name} cannot be used, and its clinics are not served until it can be: ${reason}`)
    return { no, settings, urls: null, prepare }
  }
}

async function prepareShard(
  config: SharedSettings,
  shard: ShardSettings,
  directoryUrl: string,
  say: (line: string) => void,
): Promise<DatabaseUrls & { no: number }> {
  const { name } = shard
  const url = ownerUrlOf(shard)
  const { appUrl, sessionUrl } = await migrateDatabase(ofShard(config, shard), url, (line) => say(`${name}: ${line}`))
  await storeAuditMonths(url, config.auditMonths)
  const no = await withPool({ url: directoryUrl, name: 'holdfast start' }, (directory) =>
    withPool({ url, name: 'holdfast start' }, (database) => registerShard(directory, database, name)),
  )
  return { no, appUrl, sessionUrl }
}

/** Which of the shards has a clinic; null: the directory, or none of them. */
export async function shardOf<Shard extends { name: string }>(
  shards: readonly Shard[],
  directoryUrl: string,
  clinicNo: number,
): Promise<Shard | null> {
  return withPool({ url: directoryUrl, name: 'holdfast shard' }, async (directory) => {
    const shardNo = await findClinicShard(directory, clinicNo)
    for (const shard of shards) if ((await registeredShardNo(directory, shard.name)) === shardNo) return shard
    return null
  })
}

/** Prepares a shard that could not be reached at the start, again and again, and then leads its pools there. */
export function relocateWhenReached(
  { prepare }: Pick<PreparedShard, 'prepare'>,
  relocate: (urls: DatabaseUrls) => void,
  { signal, log }: { signal: AbortSignal; log: Logger },
): void {
  let lastMessage = ''
  const work = async () => {
    const urls = await prepare()
    if (!signal.aborted) relocate(urls)
    log.info('the shard can be used')
  }
  const onFailure = (error: unknown) => {
    const message = messageOf(error)
    if (message !== lastMessage) log.error({ err: error }, 'the shard cannot be used')
    lastMessage = message
  }
  void retryUntilStopped(work, { delayMs: retryMs, signal, onFailure })
}
