import { logHeldBackSeconds, readDatabaseLoad, readUpkeepResults, waitingAccountMails } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { boundedRead } from './bounded-read.ts'
import type { DatabaseFigures, InstallationFigures, ShardFigures, ShardLoad } from './database-figures.ts'

/**
 * What a database is observed by. `ping`: for nothing else, so that whether it responds does not depend on how busy the
 * process, or how slow another query is. `figures`: reads its figures.
 */
export type ObservedDatabase = {
  /** Its name among several; null: the only one. */
  name: string | null
  pools: Record<'figures' | 'ping', Pool>
}

export type WarnLog = { warn(fields: object, message: string): void }

/** Less than for all figures: a shard that hangs must not keep those of the installation away. */
const shardMs = 1_000
const minuteMs = 60_000

/**
 * Returns what reads the figures of all databases, and those of the installation from the first one. A database whose
 * figures cannot be read may still be up; one that is away leaves the figures of the others. One reading runs at a
 * time: who wants the same figures meanwhile waits for it, so that slow ones do not pile up. The log has a line a
 * minute for what cannot be read.
 */
export function databaseFiguresReader(
  databases: readonly [ObservedDatabase, ...ObservedDatabase[]],
  log: WarnLog,
): () => Promise<DatabaseFigures> {
  const [{ pools: first }] = databases
  const others = databases.slice(1).map(({ pools }) => pools.figures)
  const readInstallation = boundedRead(() => installationFigures(first.figures, others), failureLog(log, null))
  const readAll = databases.map((database) => shardFiguresReader(database, log))
  return async () => {
    // First the loads: reading a database's clock should not wait for a connection.
    const [shards, installation] = await Promise.all([Promise.all(readAll.map((read) => read())), readInstallation()])
    return { installation, shards }
  }
}

function shardFiguresReader({ name, pools }: ObservedDatabase, log: WarnLog): () => Promise<ShardFigures> {
  const onFailure = failureLog(log, name)
  const ping = boundedRead(() => pools.ping.query(sql`select 1`), onFailure)
  const readLoad = boundedRead(() => loadOf(pools.figures), onFailure)
  return async () => {
    const [response, load] = await Promise.all([ping(), readLoad()])
    return { shard: name, isUp: response !== null || load !== null, load }
  }
}

function failureLog(log: WarnLog, shard: string | null): (error: unknown) => void {
  let loggedAtMs = Number.NEGATIVE_INFINITY
  return (error) => {
    const now = performance.now()
    if (loggedAtMs > now - minuteMs) return
    loggedAtMs = now
    const fields = { err: error, ...(shard === null ? {} : { shard }) }
    log.warn(fields, 'figures of a database could not be read for the metrics')
  }
}

async function loadOf(pool: Pool): Promise<ShardLoad> {
  return { ...(await readDatabaseLoad(pool)), eventTailLagSeconds: await logHeldBackSeconds(pool) }
}

async function installationFigures(pool: Pool, shards: readonly Pool[]): Promise<InstallationFigures> {
  const ownSecondsLeft = await partitionSecondsLeft(pool)
  const ofPool = await waitingAccountMails(pool)
  const ofShards = await ofEach(shards, async (shard) => ({
    secondsLeft: await partitionSecondsLeft(shard),
    mails: await waitingAccountMails(shard),
    // `holdfast verify` records what it found in each.
    verify: (await readUpkeepResults(shard)).verify,
  }))
  const mails = [ofPool, ...ofShards.map((one) => one.mails)]
  const { backup, restore_test: restoreTest, verify } = await readUpkeepResults(pool)
  const verified = [verify, ...ofShards.map((one) => one.verify)]
  return {
    partitionSecondsLeft: Math.min(ownSecondsLeft, ...ofShards.map(({ secondsLeft }) => secondsLeft)),
    accountMailsWaiting: mails.reduce((sum, { count }) => sum + count, 0),
    accountMailSecondsWaiting: Math.max(...mails.map(({ oldestSeconds }) => oldestSeconds)),
    backupRestorableSeconds: secondsOf(backup.succeededAt),
    backupFailingSeconds: backup.failingSeconds,
    backupIntervalSeconds: backup.intervalSeconds ?? Number.NaN,
    restoreTestedSeconds: secondsOf(restoreTest.succeededAt),
    restoreTestFailingSeconds: restoreTest.failingSeconds,
    verifiedSeconds: Math.min(...verified.map(({ succeededAt }) => secondsOf(succeededAt))),
    verifyFailingSeconds: Math.max(...verified.map(({ failingSeconds }) => failingSeconds)),
  }
}

/** What is read of each shard. Of one that is away it is missing: its absence is shown. */
async function ofEach<Result>(shards: readonly Pool[], read: (pool: Pool) => Promise<Result>): Promise<Result[]> {
  const results = await Promise.all(
    shards.map((shard) => pTimeout(read(shard), { milliseconds: shardMs }).catch(() => null)),
  )
  return results.filter((one) => one !== null)
}

/** Since 1970; 0: never. */
function secondsOf(time: Date | null): number {
  return (time?.getTime() ?? 0) / 1000
}

/** The seconds until the last month for which a database can write bookings has ended. */
export async function partitionSecondsLeft(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ left: number }>(sql`
    select coalesce(extract(epoch from
             (to_date(max(c.relname), '"booking_y"YYYY"m"MM') + interval '1 month') at time zone 'UTC'
             - clock_timestamp()), 0) as "left"
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'holdfast.booking'::regclass`)
  return rows[0]?.left ?? 0
}
