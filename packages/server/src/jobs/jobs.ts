import { ensurePartitions, eraseOutdated, finishErasures, purgeAuditEvents, purgeOutdated } from '@holdfast/engine'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'

/** A job works in small transactions. Any number of processes may run it at the same time, and it is idempotent. */
export type Job = {
  name: 'sweep' | 'partitions' | 'retention' | 'erasures'
  /** A cron expression, in UTC. */
  schedule: string
  /** What its result counts, for the log. */
  counts: string
  run(deps: { pool: pg.Pool; auditMonths: number }, signal?: AbortSignal): Promise<number>
}

const batchSize = 1_000
/** A run ends after this many batches, and the next run continues. */
const batchesMax = 1_000

/** Maintenance. Bookings are correct even if no job ever runs. */
export const jobs: readonly Job[] = [
  {
    name: 'sweep',
    schedule: '* * * * *',
    counts: 'lapsed holds expired',
    run: ({ pool }, signal) => untilDone(pool, expireHolds, signal, 1),
  },
  {
    name: 'partitions',
    schedule: '17 3 * * *',
    counts: 'partitions created',
    run: async ({ pool }) => (await ensurePartitions(pool)).length,
  },
  {
    name: 'retention',
    schedule: '27 * * * *',
    counts: 'old idempotency keys, stored responses, directory changes, sessions and security events deleted',
    run: async ({ pool, auditMonths }, signal) => {
      const outdated = (await purgeOutdated(pool, signal)) + (await purgeAuditEvents(pool, auditMonths, signal))
      return outdated + (await untilDone(pool, deleteSessions, signal, batchSize))
    },
  },
  {
    name: 'erasures',
    schedule: '37 * * * *',
    counts: 'patients erased after the time of their clinic',
    async run({ pool }, signal) {
      await finishErasures(pool, signal)
      return eraseOutdated(pool, signal)
    },
  },
]

const expireHolds = sql`select holdfast.expire_holds(${batchSize}) as count`

const deleteSessions = sql`
  with gone as (
    delete from auth.session where id in (
      select id from auth.session where "expiresAt" < now() limit ${batchSize} for update skip locked)
    returning 1)
  select count(*) as count from gone`

/** Repeats a step while it still finds at least `enough` rows. Each step is a separate transaction. */
async function untilDone(
  pool: pg.Pool,
  statement: Sql,
  signal: AbortSignal | undefined,
  enough: number,
): Promise<number> {
  let total = 0
  for (let step = 0; step < batchesMax && signal?.aborted !== true; step += 1) {
    const { rows } = await pool.query<{ count: number }>(statement)
    const count = Number(rows[0]?.count ?? 0)
    total += count
    if (count < enough) break
  }
  return total
}
