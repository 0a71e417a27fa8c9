import type { DatabasePool } from '@holdfast/engine'
import sql from 'sql-template-tag'
import { CommandRefusal } from './command.ts'

/**
 * A server or worker is logged in as a member of the application's role, and a command as the owner.
 *
 * @param openedBefore counts sessions that began before this moment, also those of commands; null: all of servers
 * @throws CommandRefusal
 */
export async function refuseWhileRunning(pool: DatabasePool, openedBefore: string | null = null): Promise<void> {
  const { rows } = await pool.query<{ logins: number }>(sql`
    select count(*)::integer as logins
      from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
     where a.datname = current_database()
       and (${openedBefore}::timestamptz is null or a.backend_start < ${openedBefore}::timestamptz)
       and (not r.rolsuper and pg_has_role(r.oid, 'holdfast_app', 'member') and a.usename <> current_user
         or ${openedBefore}::timestamptz is not null and a.usename = current_user
            and a.application_name like 'holdfast %'
            and a.application_name not in ('holdfast move', 'holdfast start'))`)
  const logins = rows[0]?.logins ?? 0
  if (logins === 0) return
  throw new CommandRefusal(
    `Holdfast is running on this database (${logins} ${logins === 1 ? 'connection' : 'connections'}): stop its ` +
      'servers and workers first',
  )
}
