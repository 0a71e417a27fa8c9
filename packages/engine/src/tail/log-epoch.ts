import type pg from 'pg'
import sql from 'sql-template-tag'
import { oneRow } from '../database/one-row.ts'
import { LogAhead } from './log-ahead.ts'

/**
 * The order of the log is (epoch, xid, seq): transaction numbers are comparable within an epoch only. `no` grows with
 * each epoch.
 *
 * docs/decisions/0009-the-log-has-an-epoch.md
 */
export type LogEpoch = {
  no: number
  /** Entries below it are numbered as they were before. null: it is not needed. */
  startsAt: bigint | null
  /** Every transaction below it had ended. */
  horizon: bigint
}

/**
 * The epoch of the server that runs now, which begins if it has not.
 *
 * @param ended an epoch that has ended; null: none
 * @param since an epoch up to which the log was read; null: none
 * @returns `startsAt` is that of the first epoch after `since`, if several have begun
 * @throws LogAhead, and the driver's error when the database cannot be reached or is a standby
 */
export async function currentEpoch(
  pool: pg.Pool,
  ended: number | null,
  since: number | null = ended,
): Promise<LogEpoch> {
  // First: begin_log_epoch would wait for a renumber_log that is running, which may take minutes.
  await checkLogIsOfServer(pool)
  await pool.query(sql`select holdfast.begin_log_epoch(${ended}::bigint)`)
  const row = oneRow(
    await pool.query<{ no: string; starts_at: string | null; horizon: string }>(sql`
    select max(no)::text as no, min(starts_at) filter (where no > ${since}::bigint)::text as starts_at,
           pg_snapshot_xmin(pg_current_snapshot())::text as horizon
      from holdfast.log_epoch`),
  )
  const startsAt = row.starts_at === null ? null : BigInt(row.starts_at)
  return { no: Number(row.no), startsAt, horizon: BigInt(row.horizon) }
}

/** @throws LogAhead if the log has to be renumbered before anything is written */
export async function checkLogIsOfServer(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ is_ahead: boolean }>(sql`select holdfast.log_is_ahead() as is_ahead`)
  if (rows[0]?.is_ahead !== false) throw new LogAhead()
}

/**
 * Renumbers a log that was restored from a dump, so that it comes before everything that this server will write.
 *
 * @param owner a pool of the owner, or a transaction; no server may be running on the database
 * @returns the number of events
 */
export async function renumberLog(owner: Pick<pg.PoolClient, 'query'>): Promise<number> {
  const { rows } = await owner.query<{ events: string }>(sql`select holdfast.renumber_log() as events`)
  return Number(rows[0]?.events ?? 0)
}
