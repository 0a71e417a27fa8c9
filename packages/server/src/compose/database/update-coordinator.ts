import { migrateDistributed } from '@holdfast/engine/migrate-distributed'
import { notPassedOn } from '@holdfast/engine/shards'
import { migrateAccounts } from '../../accounts/accounts-schema.ts'
import { migrateJobs } from '../../jobs/jobs-schema.ts'
import type { MigratedDatabase } from './migrated-database.ts'

/**
 * Brings the coordinator of a database on Citus up to date, and with it the tables that it has distributed; the schemas
 * of shards follow, by `writeShards`. Idempotent. Only one process may run it at a time.
 *
 * @throws MigrateError for problems that a person has to fix
 */
export async function updateCoordinator(
  ownerUrl: string,
  say: (line: string) => void,
): Promise<MigratedDatabase['migrated']> {
  const engine = await migrateDistributed({ ownerUrl, log: say })
  const accounts = await migrateAccounts(ownerUrl, notPassedOn)
  await migrateJobs(ownerUrl, notPassedOn)
  return { engine, accounts }
}
