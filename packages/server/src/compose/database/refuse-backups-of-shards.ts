import type { Config } from '../../config/config.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import type { PreparedDatabase } from './prepare-database.ts'

/**
 * Backups copy one PostgreSQL server: of a database on Citus, the coordinator without the clinics.
 *
 * @throws StartError
 */
export function refuseBackupsOfShards(
  { backupTo }: Pick<Config, 'backupTo'>,
  { shards }: Pick<PreparedDatabase, 'shards'>,
): void {
  if (backupTo === null || shards === null) return
  throw new StartError(
    'HOLDFAST_BACKUP_TO is not for a database that is distributed over Citus: Holdfast would copy the coordinator ' +
      'alone, without the rows of clinics. Remove it, back up each node with pgBackRest, and name common moments by ' +
      'citus_create_restore_point.',
  )
}
