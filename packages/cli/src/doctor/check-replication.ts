import { withPool } from '@holdfast/engine'
import { type Check, ok, problem } from './check.ts'

const name = 'replication right'

/** Whether the login of DATABASE_URL can back up its server, which HOLDFAST_BACKUP_TO asks for. */
export async function checkReplication(ownerUrl: string): Promise<Check> {
  const [facts] = await withPool({ url: ownerUrl, name: 'holdfast doctor' }, async (pool) => {
    const { rows } = await pool.query<{ login: string; may: boolean; hasSlot: boolean }>(`
      select current_user::text as login, rolsuper or rolreplication as may,
             (select count(*) < current_setting('max_replication_slots')::int
                     or coalesce(bool_or(slot_name like 'holdfast_backup_%'), false)
                from pg_replication_slots) as "hasSlot"
        from pg_roles where rolname = current_user`)
    return rows
  })
  if (facts === undefined) throw new Error('the database returned no row about the login')
  const { login, may, hasSlot } = facts
  if (!may) {
    const fix = `as a superuser, run ALTER ROLE ${login} REPLICATION`
    return problem(name, `${login}, the login of DATABASE_URL, may not copy the database server: no backups`, fix)
  }
  if (!hasSlot) {
    return problem(name, 'the server has no free replication slot for backups', 'raise max_replication_slots')
  }
  return ok(name, `${login} may back up the database server`)
}
