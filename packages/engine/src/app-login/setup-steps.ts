import pg from 'pg'

const { escapeIdentifier, escapeLiteral } = pg

/** One statement, and the condition (SQL) under which it is needed. */
export type SetupStep = { isNeeded: string; statement: string }

export type SetupNames = {
  database: string
  /** The role that owns the schema, as which Holdfast migrates. */
  owner: string
  /** The password of the owner, if it is created, or what PostgreSQL stores of it. */
  password: string
}

const role = (name: string) => `select from pg_roles where rolname = ${escapeLiteral(name)}`

/**
 * What a superuser, or a role with CREATEROLE and CREATEDB, has to run once, so that Holdfast can do everything else as
 * an ordinary role: a role that may create the application's login, and its database. Each step is needed at most once.
 */
export function setupSteps({ database, owner, password }: SetupNames): SetupStep[] {
  const [ownerName, databaseName] = [escapeIdentifier(owner), escapeIdentifier(database)]
  const found = `select from pg_database where datname = ${escapeLiteral(database)}`
  const ownerMay = (privilege: string) => `has_database_privilege(${escapeLiteral(owner)}, oid, '${privilege}')`
  // Of the steps that only the owner of the database may take, or who may become the owner.
  const isLeft =
    `not exists (${found} and ${ownerMay('CREATE')} and ${ownerMay('CONNECT WITH GRANT OPTION')} ` +
    `and not has_database_privilege('public', oid, 'CONNECT'))`
  return [
    {
      isNeeded: `not exists (${role(owner)})`,
      statement: `CREATE ROLE ${ownerName} LOGIN CREATEROLE PASSWORD ${escapeLiteral(password)}`,
    },
    {
      isNeeded: `exists (${role(owner)} and not (rolcanlogin and (rolcreaterole or rolsuper)))`,
      statement: `ALTER ROLE ${ownerName} LOGIN CREATEROLE`,
    },
    // Whoever is no superuser, as with managed services, may create a database for a role that they may become.
    {
      isNeeded:
        `${isLeft} and ` +
        'exists (select from pg_roles o join pg_roles me on me.rolname = current_user and not me.rolsuper ' +
        `where o.rolname = ${escapeLiteral(owner)} and not pg_has_role(me.oid, o.oid, ` +
        `case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end))`,
      statement: `GRANT ${ownerName} TO CURRENT_USER`,
    },
    // Roles belong to the server: another database of it may have created this one, under another owner.
    { isNeeded: `not exists (${role('holdfast_app')})`, statement: 'CREATE ROLE holdfast_app NOLOGIN' },
    {
      isNeeded:
        'not exists (select from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles o on o.oid = ' +
        `m.member where r.rolname = 'holdfast_app' and o.rolname = ${escapeLiteral(owner)} and m.admin_option)`,
      statement: `GRANT holdfast_app TO ${ownerName} WITH ADMIN OPTION`,
    },
    {
      isNeeded: `not exists (${found})`,
      statement: `CREATE DATABASE ${databaseName} OWNER ${ownerName} ENCODING 'UTF8' TEMPLATE template0`,
    },
    {
      isNeeded: `exists (${found} and not ${ownerMay('CREATE')})`,
      statement: `GRANT CREATE ON DATABASE ${databaseName} TO ${ownerName}`,
    },
    // The owner of the database may let the login of the server connect; another owner of the schema needs to be
    // allowed.
    {
      isNeeded: `exists (${found} and not ${ownerMay('CONNECT WITH GRANT OPTION')})`,
      statement: `GRANT CONNECT ON DATABASE ${databaseName} TO ${ownerName} WITH GRANT OPTION`,
    },
  ]
}

/** What they have to run in the database. */
export function stepsInDatabase(database: string): SetupStep[] {
  return [largeObjectsStep, connectStep(database)]
}

/**
 * PostgreSQL lets every role of the server connect to a new database. In one that is in use, the migration revokes
 * that, which knows who uses it.
 */
function connectStep(database: string): SetupStep {
  return {
    isNeeded:
      `has_database_privilege('public', current_database(), 'CONNECT') and not exists (select from pg_class ` +
      'where oid >= 16384)',
    statement: `REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`,
  }
}

/** Whether the login may connect to a database of the server, as SQL. */
export const mayConnectTo = (database: string) => `has_database_privilege(${escapeLiteral(database)}, 'CONNECT')`

/** PostgreSQL lets everybody create large objects, which are outside of all tables and limits. Holdfast has none. */
export const everybodyCreatesLargeObjects = `has_function_privilege('public', 'pg_catalog.lo_create(oid)', 'execute')`

const isSuperuser = 'exists (select from pg_roles where rolname = current_user and rolsuper)'

/** One of the steps in the database. For who is no superuser, the statement is a warning that changes nothing. */
export const largeObjectsStep: SetupStep = {
  isNeeded: `${everybodyCreatesLargeObjects} and ${isSuperuser}`,
  statement:
    'REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), ' +
    'pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC',
}

/** The steps as a script for psql, which can be run any number of times. */
export function setupScript(names: SetupNames): string[] {
  const line = ({ isNeeded, statement }: SetupStep) => `SELECT ${escapeLiteral(statement)} WHERE ${isNeeded} \\gexec`
  return [
    ...setupSteps(names).map(line),
    `\\connect ${escapeIdentifier(names.database)}`,
    ...stepsInDatabase(names.database).map(line),
  ]
}
