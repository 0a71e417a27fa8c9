import type pg from 'pg'
import { functionChanges } from './apply-functions.ts'
import { isFromNewerRelease, isPostponed, type Ledger, readLedger, tooNewFor } from './ledger.ts'
import { type SqlFiles, sqlFiles } from './sql-files.ts'

/**
 * `pending` names the files that have not been applied to the database: `0403-rooms`, `functions/claim_slots`; or the
 * one that was, and dropped what this release needs. `denied`: what the login may not read, so that all are pending.
 */
export type MigrationStatus = { current: boolean; pending: string[]; denied?: string }

const noTableCodes = new Set(['42P01', '3F000'])
const deniedCode = '42501'

/**
 * Whether the database has every migration and function of this release, except for what waits until no older server
 * runs. A newer database is current, unless it has dropped what this release needs. It can be called with the
 * application role.
 */
export async function migrationStatus(pool: pg.Pool | pg.Client): Promise<MigrationStatus> {
  const files = await sqlFiles()
  const ledger = await readLedgerIfAny(pool)
  if (typeof ledger === 'string') return { current: false, pending: pendingFiles(none, files), denied: ledger }
  const pending = pendingFiles(ledger, files)
  return { current: pending.length === 0, pending }
}

function pendingFiles(ledger: Ledger, files: SqlFiles): string[] {
  const tooNew = tooNewFor(files.release, ledger)
  if (tooNew !== undefined) return [tooNew.name]
  const applied = new Set(ledger.migrations.map((migration) => migration.version))
  const known = [files.schema, ...files.migrations]
  const newest = Math.max(...known.map(({ version }) => version))
  // The database is of a newer release, with another schema's entry.
  if (!applied.has(files.schema.version) && Math.max(0, ...applied) > newest) return []
  const missing = known.filter((file) => !applied.has(file.version) && !isPostponed(file, files.release))
  const migrations = missing.map(({ name }) => name)
  if (isFromNewerRelease(ledger, files)) return migrations
  const { changed } = functionChanges(ledger, files.functions)
  return [...migrations, ...changed.map((file) => `functions/${file.name}`)]
}

const none: Ledger = { migrations: [], functions: [] }

/** @returns the error's text without the privilege to read it. If there is no schema or table, nothing was applied. */
async function readLedgerIfAny(pool: pg.Pool | pg.Client): Promise<Ledger | string> {
  try {
    return await readLedger(pool)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (noTableCodes.has(String(error.code))) return none
    if (error.code === deniedCode) return error.message
    throw error
  }
}
