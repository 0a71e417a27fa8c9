import { appLoginName, type DatabasePool, grantedFunctions, loginOf } from '@holdfast/engine'
import sql from 'sql-template-tag'
import { type Check, ok, problem, warning } from './check.ts'

/** DATABASE_APP_URL and DATABASE_REPLICA_URLS, whose logins belong to this installation. */
export type LoginUrls = { appUrl: string | null; replicaUrls: readonly string[] | null }

type RoleFacts = {
  can_login: boolean
  superuser: boolean
  writable: string[]
  missing: string[]
  /** The members of the role that may connect to the database. */
  logins: string[]
  database: string
  /** Whether every role of the server may connect. */
  is_public: boolean
  /** Whether the login of DATABASE_URL may change that. */
  owns_database: boolean
}

const name = 'roles'

/**
 * Checks that the application's role can call the functions and cannot change booking state without them, and that only
 * logins of this installation use it here: it is one role for all databases of a server.
 */
export async function checkRoles(pool: DatabasePool, urls: LoginUrls): Promise<Check[]> {
  const { rows } = await pool.query<RoleFacts>(sql`
    select r.rolcanlogin as can_login, r.rolsuper as superuser,
           array(select t from unnest(array['slot', 'booking', 'booking_event', 'allocation', 'idempotency']) t
                  where has_table_privilege(r.oid, 'holdfast.' || t, 'insert, update, delete, truncate')
                  order by t) as writable,
           array(select f from unnest(${await grantedFunctions()}::text[]) f
                  where not coalesce((select bool_and(has_function_privilege(r.oid, p.oid, 'execute')) from pg_proc p
                                       where p.pronamespace = 'holdfast'::regnamespace and p.proname = f), false)
                  order by f) as missing,
           array(select l.rolname::text from pg_roles l
                  where l.rolcanlogin and not l.rolsuper and pg_has_role(l.oid, r.oid, 'member')
                    and has_database_privilege(l.oid, d.oid, 'CONNECT')
                    and not pg_has_role(l.oid, (select nspowner from pg_namespace where nspname = 'holdfast'), 'member')
                  order by 1) as logins,
           d.datname::text as database, has_database_privilege('public', d.oid, 'CONNECT') as is_public,
           pg_has_role(d.datdba, 'USAGE') as owns_database
      from pg_roles r join pg_database d on d.datname = current_database() where r.rolname = 'holdfast_app'`)
  const facts = rows[0]
  const migrate = 'run `holdfast migrate`: it resets the grants'
  if (facts === undefined) return [problem(name, 'the role holdfast_app is missing', migrate)]
  const checks = [...judgeRole(facts, migrate), ...judgeLogins(facts, urls)]
  return checks.length > 0 ? checks : [ok(name, `the application logs in as ${facts.logins.join(' or ')}`)]
}

function judgeRole(facts: RoleFacts, migrate: string): Check[] {
  const checks: Check[] = []
  if (facts.superuser) checks.push(problem(name, 'holdfast_app is a superuser', 'ALTER ROLE holdfast_app NOSUPERUSER'))
  if (facts.can_login) checks.push(warning(name, 'holdfast_app may log in', 'ALTER ROLE holdfast_app NOLOGIN'))
  if (facts.writable.length > 0) {
    checks.push(problem(name, `holdfast_app may write ${facts.writable.join(', ')} without the functions`, migrate))
  }
  if (facts.missing.length > 0) {
    checks.push(problem(name, `holdfast_app may not call ${facts.missing.join(', ')}`, migrate))
  }
  return checks
}

function judgeLogins(facts: RoleFacts, { appUrl, replicaUrls }: LoginUrls): Check[] {
  if (facts.logins.length === 0) {
    const fix =
      'run `holdfast migrate`, or create one (CREATE ROLE … LOGIN IN ROLE holdfast_app) and set DATABASE_APP_URL'
    return [problem(name, 'no login is a member of holdfast_app and may connect', fix)]
  }
  const login = appUrl === null ? appLoginName(facts.database) : loginOf(appUrl)
  const own = [login, ...(replicaUrls ?? []).map(loginOf)]
  const strangers = facts.logins.filter((one) => !own.includes(one))
  if (strangers.length === 0) return []
  const found =
    `${strangers.join(', ')} may read and change this database, as members of holdfast_app that may connect, and ` +
    'DATABASE_APP_URL and DATABASE_REPLICA_URLS do not name them'
  return [warning(name, found, fixOf(facts, login, strangers))]
}

function fixOf({ database, is_public, owns_database }: RoleFacts, login: string, strangers: string[]): string {
  const named = quoted(database)
  const revokeFrom = (roles: string) => `REVOKE CONNECT ON DATABASE ${named} FROM ${roles};`
  if (!is_public) return `if they are not of this installation: ${revokeFrom(strangers.map(quoted).join(', '))}`
  if (owns_database) return 'run `holdfast migrate`: it takes from other roles the right to connect'
  const grant = `GRANT CONNECT ON DATABASE ${named} TO ${quoted(login)};`
  return `have the owner of the database run: ${grant} ${revokeFrom('PUBLIC')}`
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
