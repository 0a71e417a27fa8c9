import { appLoginName, type DatabasePool, largeObjectsStep, loginOf } from '@holdfast/engine'
import sql from 'sql-template-tag'
import { type Check, ok, warning } from './check.ts'

/** `resets`: the commands that remove the settings, which a role may have for all databases and for single ones. */
type Facts = { login: string; createsLargeObjects: boolean; settings: string[]; resets: string[] }

const name = 'application role'

/**
 * What the login of the server may do beyond its grants. PostgreSQL does not allow to take from a role that it changes
 * its own settings and password: a thief of the login can leave settings behind, which later sessions have.
 *
 * @param appUrl DATABASE_APP_URL
 */
export async function checkAppRole(pool: DatabasePool, appUrl: string | null): Promise<Check[]> {
  const { rows: databases } = await pool.query<{ name: string }>('select current_database()::text as name')
  const login = appUrl === null ? appLoginName(databases[0]?.name ?? '') : loginOf(appUrl)
  const { rows } = await pool.query<Facts>(sql`
    select r.rolname::text as login,
           has_function_privilege(r.oid, 'pg_catalog.lo_create(oid)', 'execute') as "createsLargeObjects",
           array(select distinct split_part(c.setting, '=', 1)
                   from pg_db_role_setting s cross join unnest(s.setconfig) c (setting)
                  where s.setrole = r.oid order by 1) as settings,
           array(select format('ALTER ROLE %I', r.rolname)
                        || coalesce(' IN DATABASE ' || quote_ident(d.datname), '') || ' RESET ALL;'
                   from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase
                  where s.setrole = r.oid order by 1) as resets
      from pg_roles r where r.rolname = ${login} and not r.rolsuper`)
  // Another check says that the login is missing, or a superuser.
  return rows.flatMap(judge)
}

function judge({ login, createsLargeObjects, settings, resets }: Facts): Check[] {
  const checks: Check[] = []
  if (createsLargeObjects) {
    const run = `have a superuser run in this database: ${largeObjectsStep.statement}`
    const fix = `${run}; a managed service may not allow it`
    checks.push(warning(name, `${login} may create large objects, as everybody may by default`, fix))
  }
  if (settings.length > 0) {
    const reset = `have a superuser run: ${resets.join(' ')} Then choose another password`
    const fix = `if nobody has set these on purpose, the login may be stolen: ${reset}`
    checks.push(warning(name, `${login} has settings: ${settings.join(', ')}`, fix))
  }
  return checks.length > 0 ? checks : [ok(name, `${login} has no settings, and creates no large objects`)]
}
