import { getMigrations } from 'better-auth/db/migration'
import pg from 'pg'
import { authOptions } from './auth.ts'
import { createPasswords } from './passwords.ts'

export type AccountsMigration = { createdTables: string[]; changedTables: string[] }

/**
 * Makes the accounts' tables in the schema `auth` as the owner, or brings them up to date, and lets the application role
 * use them. Idempotent; one process at a time.
 *
 * @throws errors of PostgreSQL, such as missing privileges
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

/** A pool whose unqualified names are the accounts' tables. */
export function accountsPool(url: string, max: number, name: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: name,
    options: '-c search_path=auth -c timezone=UTC',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 30_000,
    keepAlive: true,
  })
  // A lost connection is replaced by the pool, and fails the query that used it; without listeners it would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** The tables depend on the plugins alone; the rest of the options is for nobody. */
function schemaOptions(pool: pg.Pool) {
  return authOptions({
    pool,
    secrets: ['for the shape of the tables only, no key is made'],
    publicUrl: 'http://localhost',
    issuer: 'holdfast',
    passwords: createPasswords(1),
    onError: () => undefined,
  })
}
