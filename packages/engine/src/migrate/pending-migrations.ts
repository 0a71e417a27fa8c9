import type { Ledger } from './ledger.ts'
import { MigrateError } from './migrate-error.ts'
import type { MigrationFile } from './sql-files.ts'

/**
 * The migrations that the database does not have, in their order.
 *
 * @throws MigrateError for one that was changed after it was applied, and one with a number below the newest
 */
export function pendingMigrations(ledger: Ledger, files: MigrationFile[]): MigrationFile[] {
  const applied = new Map(ledger.migrations.map((migration) => [migration.version, migration]))
  for (const file of files) {
    const known = applied.get(file.version)
    if (known !== undefined && known.checksum !== file.checksum) {
      throw new MigrateError(
        'migration_changed',
        `The migration ${file.name} was changed after it was applied (as ${known.name}). Restore the ` +
          'file, and write the change as another migration.',
      )
    }
  }
  const pending = files.filter((file) => !applied.has(file.version))
  const newest = Math.max(0, ...applied.keys())
  const late = pending.find((file) => file.version < newest)
  if (late !== undefined) {
    throw new MigrateError(
      'migration_out_of_order',
      `The migration ${late.name} was never applied, but number ${newest} was. Give it a number above ${newest}.`,
    )
  }
  return pending
}
