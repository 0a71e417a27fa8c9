import { type OpenDatabase, type OpenDatabaseOptions, openDatabase as open } from './compose/open-database.ts'
import { type PreparedDatabase, prepareDatabase } from './compose/prepare-database.ts'
import type { Config } from './config.ts'

export { type ComposedServer, composeServer } from './compose/compose-server.ts'
export type { PreparedDatabase } from './compose/prepare-database.ts'

/** The configured database. */
export type Database = OpenDatabase & {
  /**
   * Migrates the schema and returns how the application logs in. Idempotent.
   *
   * @param say receives a message for each step
   * @throws MigrateError, AppLoginError
   */
  migrate(say?: (line: string) => void): Promise<PreparedDatabase>
}

/**
 * Opens the database that the settings name; see {@link OpenDatabaseOptions} for who shares what. Call `stop` at the
 * end.
 *
 * @throws EmbeddedPostgresError see its kinds
 */
export async function openDatabase(config: Config, options: OpenDatabaseOptions): Promise<Database> {
  const database = await open(config, options)
  return { ...database, migrate: (say) => prepareDatabase(config, database.ownerUrl, say) }
}
