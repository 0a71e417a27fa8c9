import type { Ledger } from './ledger.ts'
import { MigrateError } from './migrate-error.ts'
import type { MigrationFile, SqlFiles } from './sql-files.ts'

/**
 * The migrations that a database with a schema does not have, in their order.
 *
 * @throws MigrateError for a database of before the schema's entry, a migration that was changed after it was applied,
 * and one with a number below the newest
 */
export function pendingMigrations(ledger: Ledger, { schema, migrations }: SqlFiles): MigrationFile[] {
  const applied = new Map(ledger.migrations.map((migration) => [migration.version, migration]))
  const newest = Math.max(0, ...applied.keys())
  if (!applied.has(schema.version)) {
    // A newer release may have another schema's entry: its database is left as it is.
    if (newest > Math.max(schema.version, ...migrations.map(({ version }) => version))) return []
    throw new MigrateError(
      'before_the_schema',
      `The database was created before Holdfast 0.3.0: its newest migration is ${newest}. This release cannot update ` +
        'it. Use an empty database.',
    )
  }
  for (const file of migrations) {
    const known = applied.get(file.version)
    if (known !== undefined && known.checksum !== file.checksum) {
      throw new MigrateError(
        'migration_changed',
        `The migration ${file.name} was changed after it was applied (as ${known.name}). Restore the ` +
          'file, and write the change as another migration.',
      )
    }
  }
  const pending = migrations.filter((file) => !applied.has(file.version))
  const late = pending.find((file) => file.version < newest)
  if (late !== undefined) {
    throw new MigrateError(
      'migration_out_of_order',
      `The migration ${late.name} was never applied, but number ${newest} was. Give it a number above ${newest}.`,
    )
  }
  return pending
}
