import { ensurePartitions, purgeOutdated } from '@holdfast/engine'
import type pg from 'pg'

/** A job does its work in small transactions, any number of processes may do it at once, and doing it twice is harmless. */
export type Job = {
  name: 'sweep' | 'partitions' | 'retention'
  /** When, as cron has it, in UTC. */
  schedule: string
  /** What its count counts, for the log. */
  counts: string
  run(pool: pg.Pool, signal?: AbortSignal): Promise<number>
}

const batchSize = 1_000
/** A run ends here at the latest, and the next one goes on: no job runs away. */
const batchesMax = 1_000

/** What keeps the house tidy. Bookings are right without any of them. */
export const jobs: readonly Job[] = [
  {
    name: 'sweep',
    schedule: '* * * * *',
    counts: 'lapsed holds given back',
    run: (pool, signal) => untilDone(pool, 'select holdfast.expire_holds($1) as count', [batchSize], signal, 1),
  },
  {
    name: 'partitions',
    schedule: '17 3 * * *',
    counts: 'partitions made',
    run: async (pool) => (await ensurePartitions(pool)).length,
  },
  {
    name: 'retention',
    schedule: '27 * * * *',
    counts: 'old idempotency keys, answers, directory changes and sessions forgotten',
    run: async (pool, signal) => {
      const outdated = await purgeOutdated(pool, signal)
      return outdated + (await untilDone(pool, forgetSessionsSql, [batchSize], signal, batchSize))
    },
  },
]

const forgetSessionsSql = `
  with gone as (
    delete from auth.session where id in (
      select id from auth.session where "expiresAt" < now() limit $1 for update skip locked)
    returning 1)
  select count(*) as count from gone`

/** Repeats a step while it still finds at least `enough`; each step is a transaction of its own. */
async function untilDone(
  pool: pg.Pool,
  sql: string,
  values: unknown[],
  signal: AbortSignal | undefined,
  enough: number,
): Promise<number> {
  let total = 0
  for (let step = 0; step < batchesMax && signal?.aborted !== true; step += 1) {
    const { rows } = await pool.query<{ count: number }>(sql, values)
    const count = Number(rows[0]?.count ?? 0)
    total += count
    if (count < enough) break
  }
  return total
}
