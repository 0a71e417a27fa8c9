import { type DatabasePool, openDatabasePool } from '@holdfast/engine'
import { getMigrations } from 'better-auth/db/migration'
import type pg from 'pg'
import { authOptions } from './auth.ts'
import { changeAddressFunction, reservedAddressTrigger } from './emails/email-link-tables.ts'
import { createPasswords } from './passwords/passwords.ts'

export type AccountsMigration = { createdTables: string[]; changedTables: string[] }

/**
 * Creates or migrates the accounts' tables in the schema `auth` as the owner, and grants the application role access.
 * Idempotent. Only one process may run it at a time.
 *
 * @throws PostgreSQL's errors, such as missing privileges
 */
export async function migrateAccounts(ownerUrl: string): Promise<AccountsMigration> {
  const pool = accountsPool(ownerUrl, 2, 'holdfast accounts migration')
  try {
    await pool.query('create schema if not exists auth')
    const migrations = await getMigrations(schemaOptions(pool))
    await migrations.runMigrations()
    await pool.query(grants)
    await pool.query(changeAddressFunction)
    await pool.query(reservedAddressTrigger)
    return {
      createdTables: migrations.toBeCreated.map((table) => table.table),
      changedTables: migrations.toBeAdded.map((table) => table.table),
    }
  } finally {
    await pool.end()
  }
}

/**
 * What the server's role may do. Accounts are never deleted, and their e-mail addresses change only by a function. It
 * has to change passwords, because people do that on the site.
 */
const grants = `
  revoke all on all tables in schema auth from holdfast_app;
  grant usage on schema auth to holdfast_app;
  grant select on all tables in schema auth to holdfast_app;
  grant insert on "user", account, session, jwks, verification, totp, "recoveryCode", passkey, "emailLink"
    to holdfast_app;
  grant update (name, "updatedAt", "tokensValidFrom", "feedsValidFrom", "mustChangePassword", "emailVerified", language,
      "firstSignInAt", "emailVerifiedAt", "factorRemovedAt", "factorRemovedBy") on "user" to holdfast_app;
  grant update ("tokenHash", "expiresAt") on "emailLink" to holdfast_app;
  grant update ("updatedAt") on verification to holdfast_app;
  grant update (password, "updatedAt") on account to holdfast_app;
  grant update ("updatedAt", "secondFactorAt") on session to holdfast_app;
  grant update (secret, "begunAt", "confirmedAt", "lastStep") on totp to holdfast_app;
  grant update (name, counter, "usedAt") on passkey to holdfast_app;
  grant update ("expiresAt") on jwks to holdfast_app;
  grant delete on session, verification, totp, "recoveryCode", passkey, "emailLink" to holdfast_app;
`

/** A pool whose search path is the schema of the accounts' tables. */
export function accountsPool(url: string, max: number, name: string): DatabasePool {
  const pool = openDatabasePool({
    connectionString: url,
    max,
    application_name: name,
    settings: { search_path: 'auth', timezone: 'UTC', statement_timeout: '30000' },
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    query_timeout: 35_000,
    keepAlive: true,
  })
  // The pool replaces a lost connection, and the query that used it fails. Without listeners the process would end.
  pool.on('error', () => undefined)
  return pool
}

/** Only the plugins determine the tables. The other options have no effect here. */
function schemaOptions(pool: pg.Pool) {
  return authOptions({
    pool,
    secrets: ['unused: only the table definitions are read'],
    publicUrl: 'http://localhost',
    issuer: 'holdfast',
    passwords: createPasswords(1),
    onError: () => undefined,
  })
}
