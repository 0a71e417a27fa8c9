import type { createPool } from '@holdfast/engine'
import sql from 'sql-template-tag'
import { CommandRefusal } from './command.ts'

/** A server or worker is logged in as a member of the application's role. */
export async function refuseWhileRunning(pool: ReturnType<typeof createPool>): Promise<void> {
  const { rows } = await pool.query<{ logins: number }>(sql`
    select count(*)::integer as logins
      from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
     where a.datname = current_database() and not r.rolsuper and pg_has_role(r.oid, 'holdfast_app', 'member')
       and a.usename <> current_user`)
  const logins = rows[0]?.logins ?? 0
  if (logins === 0) return
  throw new CommandRefusal(
    `Holdfast is running on this database (${logins} ${logins === 1 ? 'connection' : 'connections'}): stop its ` +
      'servers and workers first',
  )
}
