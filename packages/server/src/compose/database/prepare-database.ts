import { ensureAppLogin, MigrateError, migrate, storeAuditMonths } from '@holdfast/engine'
import type { Shard } from '@holdfast/engine/shards'
import { migrateAccounts } from '../../accounts/accounts-schema.ts'
import type { Config } from '../../config/config.ts'
import { migrateJobs } from '../../jobs/jobs-schema.ts'
import { oneAtATime } from '../../lifecycle/one-at-a-time.ts'
import type { ShardCatalogue } from '../placement/shard-catalogue.ts'
import { applicationUrls } from './application-urls.ts'
import { openSecrets, type SecretSettings } from './database-secrets.ts'
import type { MigratedDatabase } from './migrated-database.ts'
import { prepareDistributed } from './prepare-distributed.ts'

export type PreparedDatabase = MigratedDatabase & {
  /** The first signs, all verify. */
  secrets: string[]
  /**
   * Where the clinics are that are distributed over Citus: not placed, if their node is away. null: the database is not
   * distributed.
   */
  shards: Shard[] | null
  /** How the server reads the shards again. Default: from the catalogue of Citus. */
  catalogue?: ShardCatalogue
}

type Say = (line: string) => void

type LoginSettings = Pick<
  Config,
  'databaseUrl' | 'databaseAppUrl' | 'databaseDirectUrl' | 'databasePool' | 'databaseReplicaUrls'
>

/**
 * Brings the database up to date, with its shards if it is distributed, opens the server's secrets, and stores for how
 * long the security log is kept. Idempotent, and safe in several processes at the same time.
 *
 * @throws MigrateError, AppLoginError, StartError for problems that a person has to fix
 */
export async function prepareDatabase(
  config: LoginSettings & SecretSettings & Pick<Config, 'auditMonths'>,
  ownerUrl: string,
  say: Say = () => undefined,
): Promise<PreparedDatabase> {
  const prepared = await prepareTables(config, ownerUrl, say)
  await storeAuditMonths(ownerUrl, config.auditMonths)
  return { ...prepared, secrets: await openSecrets(ownerUrl, config) }
}

async function prepareTables(
  config: LoginSettings,
  ownerUrl: string,
  say: Say,
): Promise<MigratedDatabase & Pick<PreparedDatabase, 'shards'>> {
  try {
    return { ...(await migrateDatabase(config, ownerUrl, say)), shards: null }
  } catch (error) {
    if (!(error instanceof MigrateError) || error.kind !== 'distributed') throw error
    return await prepareDistributed(config, ownerUrl, say)
  }
}

/**
 * Migrates all schemas as the owner (engine, accounts, job queue) and ensures that the application's login exists.
 * Needs no secret. Idempotent, and safe in several processes at the same time.
 *
 * @throws MigrateError, AppLoginError for problems that a person has to fix
 */
export async function migrateDatabase(
  config: LoginSettings,
  ownerUrl: string,
  say: Say = () => undefined,
): Promise<MigratedDatabase> {
  const migrated = await oneAtATime(ownerUrl, async () => {
    const engine = await migrate({ ownerUrl, log: say })
    const accounts = await migrateAccounts(ownerUrl)
    await migrateJobs(ownerUrl)
    return { engine, accounts }
  })
  const urls = await applicationUrls(config, await ensureAppLogin({ ownerUrl, appUrl: config.databaseAppUrl }), say)
  return { ownerUrl, ...urls, migrated }
}
