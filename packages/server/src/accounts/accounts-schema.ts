import { type DatabasePool, openDatabasePool } from '@holdfast/engine'
import { getMigrations } from 'better-auth/db/migration'
import type pg from 'pg'
import { authOptions } from './auth.ts'
import { createPasswords } from './passwords.ts'

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
    await pool.query(`
      grant usage on schema auth to holdfast_app;
      grant select, insert, update, delete on all tables in schema auth to holdfast_app;
    `)
    return {
      createdTables: migrations.toBeCreated.map((table) => table.table),
      changedTables: migrations.toBeAdded.map((table) => table.table),
    }
  } finally {
    await pool.end()
  }
}

/** A pool whose search path is the schema of the accounts' tables. */
export function accountsPool(url: string, max: number, name: string): DatabasePool {
  const pool = openDatabasePool({
    connectionString: url,
    max,
    application_name: name,
    options: '-c search_path=auth -c timezone=UTC',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 30_000,
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
