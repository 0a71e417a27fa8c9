import { createHash } from 'node:crypto'
import { messageOf } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { advisoryLocks } from '../database/advisory-locks.ts'
import { inClientTransaction } from '../database/client-transaction.ts'
import { connectClient } from '../database/connect-client.ts'
import { isLoginRefused } from '../database/database-unavailable.ts'
import { changeDatabaseUrl, loginOf } from '../database/database-url.ts'
import { generatedSetting } from '../database/server-secrets.ts'
import { AppLoginError } from './app-login-error.ts'
import { checkAppLogin } from './check-app-login.ts'
import { limitConnections } from './limit-connections.ts'
import { scramVerifier } from './scram-verifier.ts'
import { largeObjectsStep } from './setup-steps.ts'

export type AppLoginOptions = {
  /** The owner's URL, of a migrated database. */
  ownerUrl: string
  /** DATABASE_APP_URL: an existing login. It is checked, and may connect to the database; nothing else is changed. */
  appUrl?: string | null
}

const roleBytesMax = 63
const passwordSetting = 'app_login_password'

/**
 * The URL that the server logs in with: never the owner's. Without DATABASE_APP_URL, the login
 * `<database>_holdfast_app` is created, or repaired if it does not work. Its password is generated once and stored in
 * `holdfast.setting`. It is not derived from HOLDFAST_SECRET, whose rotation would lock out the processes that still
 * run with the old one. Other roles of the server may not connect from then on: see {@link limitConnections}. Any
 * number of processes may start at once.
 *
 * @throws AppLoginError if the login is unsuitable, or if the owner may not create roles; with the SQL to run
 */
export async function ensureAppLogin({ ownerUrl, appUrl }: AppLoginOptions): Promise<string> {
  const owner = await connectClient({ url: ownerUrl, name: 'holdfast app login', queryTimeoutMs: 60_000 })
  try {
    const database = await currentDatabase(owner)
    await owner.query(sql`select pg_advisory_lock(${advisoryLocks.appLogin[0]}, ${advisoryLocks.appLogin[1]})`)
    const url =
      appUrl === undefined || appUrl === null || appUrl === ''
        ? await ensureOwnLogin(owner, ownerUrl, database)
        : await ensureConfiguredLogin(owner, appUrl, database)
    await limitConnections(owner, loginOf(url))
    return url
  } finally {
    await owner.end()
  }
}

/** The URL that {@link ensureAppLogin} has created; null: it has not, or DATABASE_APP_URL was set. Changes nothing. */
export async function storedAppLogin(owner: pg.Pool, ownerUrl: string): Promise<string | null> {
  const { rows } = await owner.query<{ database: string; password: string }>(sql`
    select current_database()::text as database, value as password
      from holdfast.setting where name = ${passwordSetting}`)
  const [row] = rows
  return row === undefined
    ? null
    : changeDatabaseUrl(ownerUrl, { user: appLoginName(row.database), password: row.password })
}

/** The login's name. A long database name is cut, and a digest makes it unique. */
export function appLoginName(database: string): string {
  const suffix = '_holdfast_app'
  if (Buffer.byteLength(database + suffix) <= roleBytesMax) return database + suffix
  const digest = `_${createHash('sha256').update(database).digest('hex').slice(0, 8)}`
  let cut = database
  while (Buffer.byteLength(cut + digest + suffix) > roleBytesMax) cut = [...cut].slice(0, -1).join('')
  return cut + digest + suffix
}

async function currentDatabase(owner: pg.Client): Promise<string> {
  const { rows } = await owner.query<{ name: string }>('select current_database()::text as name')
  return rows[0]?.name ?? ''
}

async function ensureConfiguredLogin(owner: pg.Client, appUrl: string, database: string): Promise<string> {
  try {
    try {
      await checkAppLogin(appUrl, database)
    } catch (error) {
      if (!isInsufficientPrivilege(error)) throw error
      // An administrator has created the login, and PUBLIC may not connect.
      const { rows } = await owner.query<{ statement: string }>(sql`
        select format('grant connect on database %I to %I', ${database}::text, ${loginOf(appUrl)}::text) as statement`)
      for (const { statement } of rows) await owner.query(statement)
      await checkAppLogin(appUrl, database)
    }
    return appUrl
  } catch (error) {
    if (error instanceof AppLoginError) throw error
    throw new AppLoginError('unreachable', `The login with DATABASE_APP_URL failed: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

async function ensureOwnLogin(owner: pg.Client, ownerUrl: string, database: string): Promise<string> {
  await revokeLargeObjects(owner)
  const role = appLoginName(database)
  const password = await generatedSetting(owner, passwordSetting)
  const url = changeDatabaseUrl(ownerUrl, { user: role, password })
  const { rows } = await owner.query<{ exists: boolean }>(
    sql`select exists (select from pg_roles where rolname = ${role}) as exists`,
  )
  if (rows[0]?.exists === true && (await works(url, database))) return url
  await writeRole(owner, role, password, database)
  try {
    await checkAppLogin(url, database)
  } catch (error) {
    if (error instanceof AppLoginError) throw error
    throw new AppLoginError(
      'unreachable',
      `The login "${role}" was created, but PostgreSQL refuses it: ${messageOf(error)} Allow it in ` +
        'pg_hba.conf (method scram-sha-256), or set DATABASE_APP_URL to another login that is a member of ' +
        'holdfast_app.',
      { cause: error },
    )
  }
  return url
}

/** Where the owner is a superuser, as of the embedded database. Elsewhere `holdfast setup-database` does it. */
async function revokeLargeObjects(owner: pg.Client): Promise<void> {
  const { isNeeded, statement } = largeObjectsStep
  const { rows } = await owner.query(`select where ${isNeeded}`)
  if (rows.length > 0) await owner.query(statement)
}

async function works(url: string, database: string): Promise<boolean> {
  try {
    await checkAppLogin(url, database)
    return true
  } catch (error) {
    // It has another password, is not a member any more, or may not log in or connect: writeRole repairs all of it.
    if (isLoginRefused(error) || isInsufficientPrivilege(error)) return false
    if (error instanceof AppLoginError && error.kind === 'not_a_member') return false
    throw error
  }
}

async function writeRole(owner: pg.Client, role: string, password: string, database: string): Promise<void> {
  try {
    await inClientTransaction(owner, async () => {
      const { rows } = await owner.query<{ statement: string }>(
        sql`select format(case when exists (select from pg_roles where rolname = ${role})
                               then 'alter role %I login password %L'
                               else 'create role %I login password %L' end, ${role}::text,
                          ${scramVerifier(password)}::text) as statement
            union all select format('grant holdfast_app to %I', ${role}::text)
            union all select format('grant connect on database %I to %I', ${database}::text, ${role}::text)
                       where not has_database_privilege('public', ${database}::text, 'CONNECT')`,
      )
      for (const { statement } of rows) await owner.query(statement)
    })
  } catch (error) {
    if (!isInsufficientPrivilege(error)) throw error
    throw new AppLoginError(
      'privilege_missing',
      `The login of DATABASE_URL may not create the server's login (${messageOf(error)}). Have an administrator of ` +
        `the database run\n  CREATE ROLE "${role}" LOGIN PASSWORD '…' IN ROLE holdfast_app;\n` +
        `  GRANT CONNECT ON DATABASE "${database}" TO "${role}";\nand set DATABASE_APP_URL to that login's URL.`,
      { cause: error },
    )
  }
}

function isInsufficientPrivilege(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501'
}
