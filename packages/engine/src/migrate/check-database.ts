import type pg from 'pg'
import { oneRow } from '../database/one-row.ts'
import { MigrateError } from './migrate-error.ts'

const serverVersionMin = 150_000

/** The facts that decide whether the database can be migrated. */
export type DatabaseFacts = {
  version: number
  version_text: string
  in_recovery: boolean
  /** Whether the database is read-only for sessions that do not choose themselves. */
  read_only: boolean
  encoding: string
  login: string
  database: string
  may_create_in_database: boolean
  schema_exists: boolean
  /** Null: there is no schema. */
  schema_owner: string | null
  owns_schema: boolean
  /** Whether the server was built with ICU, whose rules for letters the functions use. */
  has_icu: boolean
  extension_installed: boolean
  extension_available: boolean
  app_role_exists: boolean
  /** Whether the login is a member of the application's role. */
  in_app_role: boolean
  may_create_role: boolean
}

const factsQuery = `
  select current_setting('server_version_num')::int as version,
         current_setting('server_version') as version_text,
         pg_is_in_recovery() as in_recovery,
         current_setting('default_transaction_read_only')::boolean as read_only,
         current_setting('server_encoding') as encoding,
         current_user::text as login,
         current_database()::text as database,
         has_database_privilege(current_database(), 'CREATE') as may_create_in_database,
         exists (select from pg_namespace where nspname = 'holdfast') as schema_exists,
         (select pg_get_userbyid(nspowner)::text from pg_namespace where nspname = 'holdfast') as schema_owner,
         coalesce((select pg_has_role(nspowner, 'USAGE') from pg_namespace where nspname = 'holdfast'),
           true) as owns_schema,
         exists (select from pg_collation where collname = 'und-x-icu') as has_icu,
         exists (select from pg_extension where extname = 'btree_gist') as extension_installed,
         exists (select from pg_available_extensions where name = 'btree_gist') as extension_available,
         exists (select from pg_roles where rolname = 'holdfast_app') as app_role_exists,
         coalesce((select pg_has_role(oid, 'USAGE') from pg_roles where rolname = 'holdfast_app'),
           false) as in_app_role,
         (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as may_create_role`

/**
 * Checks that the server and the login meet the requirements of Holdfast's schema, before anything is changed.
 *
 * @throws MigrateError that names what is missing and the SQL that adds it
 */
export async function checkDatabase(client: pg.Client): Promise<void> {
  const facts = oneRow(await client.query<DatabaseFacts>(factsQuery))
  judgeDatabase(facts)
}

/** @throws MigrateError as {@link checkDatabase} */
export function judgeDatabase(facts: DatabaseFacts): void {
  checkServer(facts)
  checkPrivileges(facts)
}

function checkServer(facts: DatabaseFacts): void {
  if (facts.version < serverVersionMin) {
    throw new MigrateError(
      'server_too_old',
      `The database is PostgreSQL ${facts.version_text}; Holdfast needs 15 or newer. Upgrade it, or point ` +
        'DATABASE_URL at another.',
    )
  }
  if (facts.in_recovery) {
    throw new MigrateError(
      'read_only',
      `The database server of ${quoted(facts.database)} is a standby and cannot be written to. Point ` +
        'DATABASE_URL at the primary.',
    )
  }
  if (facts.read_only) {
    throw new MigrateError(
      'read_only',
      `The database ${quoted(facts.database)} is read-only: it is being moved, or was moved to another server. Point ` +
        'DATABASE_URL at the new one. If the move was interrupted, or to use this one again, run ' +
        '`holdfast move-database --reopen`.',
    )
  }
  if (facts.encoding !== 'UTF8') {
    throw new MigrateError(
      'encoding',
      `The database ${quoted(facts.database)} stores text as ${facts.encoding}, which cannot represent every ` +
        `name; Holdfast needs UTF8. Create another database: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;`,
    )
  }
  if (!facts.has_icu) {
    throw new MigrateError(
      'icu_missing',
      `The database ${quoted(facts.database)} has no collation und-x-icu: its PostgreSQL was built without ICU, by ` +
        'which Holdfast compares letters. Use a server with ICU, such as those of Debian, Red Hat and postgresql.org.',
    )
  }
}

function checkPrivileges(facts: DatabaseFacts): void {
  refuseApplicationLogin(facts)
  const missing: string[] = []
  if (!facts.may_create_in_database && !(facts.schema_exists && facts.extension_installed)) {
    missing.push(
      `CREATE on the database: GRANT CREATE ON DATABASE ${quoted(facts.database)} TO ${quoted(facts.login)};`,
    )
  }
  if (!facts.owns_schema) {
    missing.push(`ownership of the schema holdfast: ALTER SCHEMA holdfast OWNER TO ${quoted(facts.login)};`)
  }
  if (!facts.app_role_exists && !facts.may_create_role) {
    missing.push('the role holdfast_app, which it may not create: CREATE ROLE holdfast_app NOLOGIN;')
  }
  if (missing.length > 0) {
    throw new MigrateError(
      'privilege_missing',
      `The login ${quoted(facts.login)} of DATABASE_URL lacks ${missing.join(' It also lacks ')} Have an ` +
        'administrator of the database run this, then start again; `holdfast setup-database` prints all of it.',
    )
  }
  if (!facts.extension_installed && !facts.extension_available) {
    throw new MigrateError(
      'extension_missing',
      "The database server has no extension btree_gist. Install PostgreSQL's contrib modules (Debian: in the " +
        'package postgresql-NN; Red Hat: postgresql-contrib), then start again.',
    )
  }
}

/** Privileges of the owner would be the wrong advice: the application's login must not have them. */
function refuseApplicationLogin({ login, schema_owner, owns_schema, in_app_role, may_create_role }: DatabaseFacts) {
  if (schema_owner === null || owns_schema || !in_app_role || may_create_role) return
  throw new MigrateError(
    'privilege_missing',
    `The login ${quoted(login)} of DATABASE_URL is one of the application, which may only call its functions. Set ` +
      `DATABASE_URL to the login that owns the schema holdfast, ${quoted(schema_owner)}; this one belongs into ` +
      'DATABASE_APP_URL.',
  )
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
