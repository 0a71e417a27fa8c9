import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * A session that has a lock for which others wait. `pid` 0: a prepared transaction. What the role may not see of other
 * roles' sessions is null.
 */
export type Blocker = {
  pid: number
  application: string | null
  role: string | null
  state: string | null
  transactionSeconds: number | null
}

const blockersMax = 10

/**
 * The sessions for which sessions of this role wait in this database, without those that wait themselves. Reads
 * PostgreSQL's lock table, which stops all others from changing it for a moment: not for each request.
 */
export async function findBlockers(pool: pg.Pool): Promise<Blocker[]> {
  const { rows } = await pool.query<Blocker>(sql`
    with waiting as materialized (
      select pid, pg_blocking_pids(pid) as by from pg_stat_activity
       where datname = current_database() and usename = current_user and wait_event_type = 'Lock')
    select blocker.pid, a.application_name as application, a.usename as role, a.state,
           round(extract(epoch from clock_timestamp() - a.xact_start))::integer as "transactionSeconds"
      from (select distinct unnest(by) as pid from waiting) blocker left join pg_stat_activity a using (pid)
     where blocker.pid not in (select pid from waiting)
     order by a.xact_start limit ${blockersMax}`)
  return rows
}
