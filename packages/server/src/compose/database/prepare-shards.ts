import {
  changeDatabaseUrl,
  checkShard,
  type DatabasePool,
  findClinicShard,
  isDatabaseUnusable,
  refuseOtherShard,
  registeredEnds,
  registeredShardNo,
  registerShard,
  type SettledClinic,
  settleClinics,
  storeAuditMonths,
  withPool,
} from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import type { Config } from '../../config/config.ts'
import { ownerUrlOf } from '../../config/owner-url.ts'
import { directoryName, ofShard, type ShardSettings } from '../../config/shard-settings.ts'
import { retryUntilStopped } from '../../lifecycle/retry-until-stopped.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import type { Logger } from '../../observe/logger.ts'
import type { DatabaseUrls } from '../pools/job-pools.ts'
import { type MigrateSettings, migrateDatabase } from './migrate-database.ts'

/** Writes a line into the log, or for a person. */
export type Say = (line: string, level?: 'info' | 'warn') => void

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
/** How many clinics that are misplaced have a line in the log. */
const saidMax = 20

/** The URLs of a database that is not known yet: connecting fails at once. */
export const nowhere: DatabaseUrls = {
  appUrl: changeDatabaseUrl('postgres://holdfast@localhost/holdfast', { host: '/not-reached-since-the-start' }),
  sessionUrl: changeDatabaseUrl('postgres://holdfast@localhost/holdfast', { host: '/not-reached-since-the-start' }),
}

/**
 * Brings the databases of HOLDFAST_SHARDS up to date, one after the other, registers them in the directory, and
 * settles which of them serves a clinic that is not where the directory says. One that cannot be reached is served
 * later, if it was registered before.
 *
 * @param ownerUrl of the directory, which is up to date
 * @throws StartError for a new one that cannot be reached; ShardRefused, MigrateError, AppLoginError for what a person
 *   has to fix
 */
export async function prepareShards(
  config: SharedSettings & Pick<Config, 'shards'>,
  ownerUrl: string,
  say: Say,
): Promise<PreparedShard[]> {
  const prepared: PreparedShard[] = []
  for (const shard of config.shards ?? []) {
    const prepare = () => prepareShard(config, shard, ownerUrl, say)
    prepared.push(await prepareNow({ settings: shard, prepare }, ownerUrl, say))
  }
  const usable = prepared.filter(({ urls }) => urls !== null)
  const settle = () => settlePlaces(usable, { ownerUrl, areAll: usable.length === prepared.length, say })
  await settle()
  return prepared.map((shard) => {
    if (shard.urls !== null) return shard
    return {
      ...shard,
      async prepare() {
        const urls = await shard.prepare()
        if (!usable.includes(shard)) usable.push(shard)
        await settle()
        return urls
      },
    }
  })
}

/** A start goes on, whatever is found: it concerns single clinics. */
async function settlePlaces(
  usable: readonly PreparedShard[],
  { ownerUrl, areAll, say }: { ownerUrl: string; areAll: boolean; say: Say },
): Promise<void> {
  const others = usable.map(({ settings }) => ({ name: settings.name, url: ownerUrlOf(settings) }))
  try {
    const databases = await withPool({ url: ownerUrl, name: 'holdfast start' }, (directory) =>
      registeredEnds(directory, { name: directoryName, url: ownerUrl }, others),
    )
    const settled = await settleClinics({ databases, areAll })
    for (const clinic of settled.slice(0, saidMax)) say(describeSettled(clinic), 'warn')
    const unsaid = settled.length - saidMax
    if (unsaid > 0) say(`${unsaid} more clinics are misplaced: see holdfast shards`, 'warn')
  } catch (error) {
    say(`It is not known whether clinics are misplaced: ${messageOf(error)}`, 'warn')
  }
}

function describeSettled(clinic: SettledClinic): string {
  const { clinicNo, in: place, notedIn } = clinic
  if (clinic.kind === 'corrected') {
    const where = clinic.isOnly
      ? `is in ${place}, and not in ${notedIn}, as the directory noted`
      : `came to ${place} later than to any other database, and not to ${notedIn}, as the directory noted`
    const drain = clinic.isDrained ? ` ${place} is drained: run holdfast shards drain ${place} again.` : ''
    return `Clinic ${clinicNo} ${where}: the note is corrected.${drain}`
  }
  if (clinic.kind === 'stale') {
    return (
      `Clinic ${clinicNo} is in ${place} as well as in ${notedIn}, where the directory notes it. It is served from ` +
      `there, and its copy in ${place} refuses changes: see holdfast shards choose.`
    )
  }
  return `Clinic ${clinicNo} is in ${place}, and the directory notes it in ${notedIn}, which stays: ${clinic.why}.`
}

type SharedSettings = MigrateSettings & Pick<Config, 'auditMonths'>

type Shard = Pick<PreparedShard, 'settings'> & { prepare(): Promise<DatabaseUrls & { no: number }> }

async function prepareNow({ settings, prepare }: Shard, directoryUrl: string, say: Say): Promise<PreparedShard> {
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
  say: Say,
): Promise<DatabaseUrls & { no: number }> {
  const { name } = shard
  const url = ownerUrlOf(shard)
  const withBoth = <Result>(use: (directory: DatabasePool, database: DatabasePool) => Promise<Result>) =>
    withPool({ url: directoryUrl, name: 'holdfast start' }, (directory) =>
      withPool({ url, name: 'holdfast start' }, (database) => use(directory, database)),
    )
  // Before another database is changed in any way.
  await withBoth((directory, database) => refuseOtherShard(directory, database, name))
  const { appUrl, sessionUrl } = await migrateDatabase(ofShard(config, shard), url, (line) => say(`${name}: ${line}`))
  await storeAuditMonths(url, config.auditMonths)
  const no = await withBoth((directory, database) => registerShard(directory, database, name))
  return { no, appUrl, sessionUrl }
}

/**
 * Which of the shards has a clinic; null: the directory, or none of them.
 *
 * @throws ShardRefused if its URL leads to another database
 */
export async function shardOf(
  shards: readonly ShardSettings[],
  directoryUrl: string,
  clinicNo: number,
): Promise<ShardSettings | null> {
  return withPool({ url: directoryUrl, name: 'holdfast shard' }, async (directory) => {
    const shardNo = await findClinicShard(directory, clinicNo)
    for (const shard of shards) {
      if ((await registeredShardNo(directory, shard.name)) !== shardNo) continue
      await checkShard(directory, { name: shard.name, url: ownerUrlOf(shard) })
      return shard
    }
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
