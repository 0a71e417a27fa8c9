import type pg from 'pg'
import sql from 'sql-template-tag'
import type { Blocker } from '../database/find-blockers.ts'

/** For how long the oldest event waits that no tail may read yet, and the session whose open transaction is older. */
export type LogHeldBack = { seconds: number; by: Blocker | null }

/**
 * Age in seconds of the oldest event that no tail of the log may read yet, because a transaction that began before it
 * is still open; 0: there is none.
 */
export async function logHeldBackSeconds(pool: Pick<pg.Pool, 'query'>): Promise<number> {
  const { rows } = await pool.query<{ lag: number }>(sql`
    select coalesce(extract(epoch from clock_timestamp() - least(
             (select min(at) from holdfast.recent_event where xid >= horizon),
             (select min(at) from holdfast.recent_late_event where xid >= horizon))), 0)::float8 as lag
      from pg_snapshot_xmin(pg_current_snapshot()) horizon`)
  return Math.max(0, rows[0]?.lag ?? 0)
}

/**
 * What holds back the log for at least `secondsMin`; null: nothing. Only then it reads PostgreSQL's lock table, which
 * every role may read: the oldest transaction has a lock on its own number. `by` null: it has just ended; its `pid` 0:
 * a prepared transaction.
 */
export async function findLogHeldBack(pool: Pick<pg.Pool, 'query'>, secondsMin: number): Promise<LogHeldBack | null> {
  const seconds = await logHeldBackSeconds(pool)
  if (seconds < secondsMin || seconds === 0) return null
  const { rows } = await pool.query<Blocker>(sql`
    select coalesce(l.pid, 0) as pid, a.application_name as application, a.usename as role, a.state,
           round(extract(epoch from clock_timestamp() - a.xact_start))::integer as "transactionSeconds"
      from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'transactionid' and l.granted and l.mode = 'ExclusiveLock'
       and l.transactionid = (select pg_snapshot_xmin(pg_current_snapshot())::xid)
     limit 1`)
  return { seconds, by: rows[0] ?? null }
}
