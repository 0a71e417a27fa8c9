import type pg from 'pg'
import { functionChanges } from './apply-functions.ts'
import { isFromNewerRelease, type Ledger, readLedger } from './ledger.ts'
import { type SqlFiles, sqlFiles } from './sql-files.ts'

/** `pending` names the files that have not been applied to the database: `0403-rooms`, `functions/claim_slots`. */
export type MigrationStatus = { current: boolean; pending: string[] }

const notMigratedCodes = new Set(['42P01', '3F000', '42501'])

/**
 * Whether the database has every migration and function of this release; a newer database is current. It can be called
 * with the application role.
 */
export async function migrationStatus(pool: pg.Pool | pg.Client): Promise<MigrationStatus> {
  const files = await sqlFiles()
  const pending = pendingFiles(await readLedgerIfAny(pool), files)
  return { current: pending.length === 0, pending }
}

function pendingFiles(ledger: Ledger, files: SqlFiles): string[] {
  const applied = new Set(ledger.migrations.map((migration) => migration.version))
  const known = [files.schema, ...files.migrations]
  const newest = Math.max(...known.map(({ version }) => version))
  // The database is of a newer release, with another schema's entry.
  if (!applied.has(files.schema.version) && Math.max(0, ...applied) > newest) return []
  const migrations = known.filter(({ version }) => !applied.has(version)).map(({ name }) => name)
  if (isFromNewerRelease(ledger, files)) return migrations
  const { changed } = functionChanges(ledger, files.functions)
  return [...migrations, ...changed.map((file) => `functions/${file.name}`)]
}

/** If there is no schema or table, or no privilege to read it, nothing has been applied. */
async function readLedgerIfAny(pool: pg.Pool | pg.Client): Promise<Ledger> {
  try {
    return await readLedger(pool)
  } catch (error) {
    if (error instanceof Error && 'code' in error && notMigratedCodes.has(String(error.code))) {
      return { migrations: [], functions: [] }
    }
    throw error
  }
}
