import { changeDatabaseUrl, isDatabaseUnusable, registeredShardNo, registerShard, withPool } from '@holdfast/engine'
import { messageOf } from '@holdfast/engine/message-of'
import type { Config } from '../../config/config.ts'
import { retryUntilStopped } from '../../lifecycle/retry-until-stopped.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { DatabaseUrls } from '../pools/job-pools.ts'
import { type LoginSettings, migrateDatabase } from './migrate-database.ts'

/** A database of the installation beside the directory. */
export type PreparedShard = {
  no: number
  name: string
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
  config: LoginSettings & Pick<Config, 'shards'>,
  ownerUrl: string,
  say: (line: string) => void,
): Promise<PreparedShard[]> {
  const prepared: PreparedShard[] = []
  for (const { name, url } of config.shards ?? []) {
    const prepare = () => prepareShard(config, { name, url, directoryUrl: ownerUrl }, say)
    prepared.push(await prepareNow({ name, prepare }, ownerUrl, say))
  }
  return prepared
}

type Shard = Pick<PreparedShard, 'name'> & { prepare(): Promise<DatabaseUrls & { no: number }> }

async function prepareNow(
  { name, prepare }: Shard,
  directoryUrl: string,
  say: (line: string) => void,
): Promise<PreparedShard> {
  try {
    const { no, ...urls } = await prepare()
    return { no, name, urls, prepare }
  } catch (error) {
    if (!isDatabaseUnusable(error)) throw error
    const no = await withPool({ url: directoryUrl, name: 'holdfast start' }, (pool) => registeredShardNo(pool, name))
    const reason = messageOf(error)
    if (no === null) throw new StartError(`The new shard ${name} of HOLDFAST_SHARDS cannot be used: ${reason}`)
    say(`The shard ${name} cannot be used, and its clinics are not served until it can be: ${reason}`)
    return { no, name, urls: null, prepare }
  }
}

async function prepareShard(
  config: LoginSettings,
  { name, url, directoryUrl }: { name: string; url: string; directoryUrl: string },
  say: (line: string) => void,
): Promise<DatabaseUrls & { no: number }> {
  const own = { ...config, databaseUrl: url, databaseAppUrl: null, databaseDirectUrl: null }
  const { appUrl, sessionUrl } = await migrateDatabase(own, url, (line) => say(`${name}: ${line}`))
  const no = await withPool({ url: directoryUrl, name: 'holdfast start' }, (directory) =>
    withPool({ url, name: 'holdfast start' }, (shard) => registerShard(directory, shard, name)),
  )
  return { no, appUrl, sessionUrl }
}

/** Prepares a shard that could not be reached at the start, again and again, and then leads its pools there. */
export function relocateWhenReached(
  { prepare }: PreparedShard,
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
