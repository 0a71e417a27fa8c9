import { setTimeout as delay } from 'node:timers/promises'
import { type DatabasePool, migrationStatus, storedAppLogin, withPool } from '@holdfast/engine'
import type { Config } from '@holdfast/server/config'
import { replicaName, replicaUrl } from '@holdfast/server/replica-address'
import { messageOf } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { type Check, ok, problem, warning } from './check.ts'

type Settings = Pick<Config, 'databaseReplicaUrls' | 'databaseAppUrl' | 'replicaLagMsMax'>

type ServerFacts = {
  /** The system identifier, which a server's files share with all copies of them. */
  system: string
  database: string
  started: string
  in_recovery: boolean
}

/** `position` is the position in its WAL, in bytes since its beginning. */
type Primary = ServerFacts & { position: string; history: string }

const poolName = 'holdfast doctor'
const connectMsMax = 3_000
const pollMs = 20
/** Nobody waits longer than this for a check, whatever HOLDFAST_REPLICA_LAG_MS_MAX allows. */
const waitMsMax = 5_000

/**
 * Whether each server of DATABASE_REPLICA_URLS can serve reads: whether it responds to the login of the server, follows
 * the primary, has its history and schema, and is not too far behind. Without a replica, the primary serves the reads.
 *
 * @param ownerUrl the owner's URL of the primary
 */
export async function checkReplicas(ownerUrl: string, config: Settings): Promise<Check[]> {
  const { databaseReplicaUrls: urls } = config
  if (urls === null) return []
  const { primary, login } = await withPool({ url: ownerUrl, name: poolName }, async (owner) => {
    // If it is not migrated, other checks say what is wrong.
    const isReady = (await migrationStatus(owner)).current
    return isReady
      ? { primary: await readPrimary(owner), login: await storedAppLogin(owner, ownerUrl) }
      : { primary: null, login: null }
  })
  if (primary === null) return []
  return await checkAll(urls, { primary, login: config.databaseAppUrl ?? login ?? ownerUrl, config })
}

async function checkAll(
  urls: readonly string[],
  { primary, login, config }: { primary: Primary; login: string; config: Settings },
): Promise<Check[]> {
  const found = await Promise.all(
    urls.map((url) => checkReplica(replicaName(url), replicaUrl(url, login), primary, config.replicaLagMsMax)),
  )
  const checks = found.map(({ check }) => check)
  if (found.some(({ isUsed }) => isUsed)) return checks
  const fix = 'see what is said about each; until then they take no load from the primary'
  return [...checks, warning('replicas', 'none serves reads', fix)]
}

/** `isUsed`: it gets reads. */
type Found = { check: Check; isUsed: boolean }

async function checkReplica(name: string, url: string, primary: Primary, lagMsMax: number): Promise<Found> {
  const bounds = { connectTimeoutMs: connectMsMax, queryTimeoutMs: connectMsMax }
  try {
    return await withPool({ url, name: poolName, ...bounds }, (pool) =>
      judge(`replica ${name}`, pool, primary, lagMsMax),
    )
  } catch (error) {
    const fix =
      'check DATABASE_REPLICA_URLS, that PostgreSQL runs there, and that pg_hba.conf there lets the application log in'
    return unused(warning(`replica ${name}`, `cannot be read: ${messageOf(error)}`, fix))
  }
}

async function judge(name: string, pool: DatabasePool, primary: Primary, lagMsMax: number): Promise<Found> {
  const refusal = refusalOf(name, await readServer(pool), primary)
  if (refusal !== null) return unused(refusal)
  const waitMs = Math.min(lagMsMax, waitMsMax)
  const lagMs = await msUntilReplayed(pool, primary.position, waitMs)
  if (lagMs === null) {
    const found = `is more than ${waitMs} ms behind: ${await bytesMissing(pool, primary.position)} bytes of WAL`
    const fix =
      'check its load, disk and network, and whether its replay is paused (pg_is_wal_replay_paused()); until it has ' +
      'caught up, it gets no reads'
    return unused(warning(name, found, fix))
  }
  const history = await readHistory(pool)
  if (history !== primary.history) {
    const found = `has ${history}, and the primary ${primary.history}: it follows another primary`
    return unused(problem(name, found, 'let it follow this primary (pg_rewind), or create it again'))
  }
  const found = `follows the primary, and had its last write after ${Math.round(lagMs)} ms`
  return { check: ok(name, found), isUsed: true }
}

/** null: it is a replica of this primary. */
function refusalOf(name: string, facts: ServerFacts, primary: Primary): Check | null {
  if (facts.system !== primary.system) {
    const found = `has system identifier ${facts.system}, and the primary ${primary.system}: it is no copy of it`
    return problem(name, found, 'correct DATABASE_REPLICA_URLS, or create it again by pg_basebackup from the primary')
  }
  if (facts.database !== primary.database) {
    const found = `leads to the database ${facts.database}, and DATABASE_URL to ${primary.database}`
    return problem(name, found, 'correct the database in DATABASE_REPLICA_URLS')
  }
  if (facts.in_recovery) return null
  // All nodes of a cluster may be listed: the one that is the primary is left out.
  if (facts.started === primary.started) return ok(name, 'is the primary now: it is left out')
  const found = 'is not in recovery: it was promoted, and no longer follows the primary'
  return problem(name, found, 'make sure that nothing writes there, and let it follow the primary again (pg_rewind)')
}

/** null: it is a standby itself. */
async function readPrimary(owner: DatabasePool): Promise<Primary | null> {
  const facts = await readServer(owner)
  if (facts.in_recovery) return null
  const { rows } = await owner.query<{ position: string }>(sql`
    select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::text as position`)
  return { ...facts, position: rows[0]?.position ?? '0', history: await readHistory(owner) }
}

async function readServer(pool: DatabasePool): Promise<ServerFacts> {
  const { rows } = await pool.query<ServerFacts>(sql`
    select (select system_identifier::text from pg_control_system()) as system, current_database()::text as database,
           pg_postmaster_start_time()::text as started, pg_is_in_recovery() as in_recovery`)
  const [facts] = rows
  if (facts === undefined) throw new Error('it returned no row about itself')
  return facts
}

/** The WAL position alone is not enough: that of a replica of another primary may be ahead of this primary's. */
async function readHistory(pool: DatabasePool): Promise<string> {
  const { rows } = await pool.query<{ history: string }>(sql`
    select format('epoch %s of the log and migration %s', (select max(no) from holdfast.log_epoch),
                  (select max(version) from holdfast.migration)) as history`)
  return rows[0]?.history ?? 'no history'
}

/** How long it took until it had replayed the position; null: longer than `waitMs`. */
async function msUntilReplayed(pool: DatabasePool, position: string, waitMs: number): Promise<number | null> {
  const beganMs = performance.now()
  for (;;) {
    if ((await bytesMissing(pool, position)) === 0) return performance.now() - beganMs
    if (performance.now() - beganMs > waitMs) return null
    await delay(pollMs)
  }
}

async function bytesMissing(pool: DatabasePool, position: string): Promise<number> {
  const { rows } = await pool.query<{ missing: number }>(sql`
    select greatest(${position}::numeric - pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint as missing`)
  return rows[0]?.missing ?? 0
}

function unused(check: Check): Found {
  return { check, isUsed: false }
}
