import { ensureAppLogin, type MigrateResult, migrate } from '@holdfast/engine'
import { type AccountsMigration, migrateAccounts } from '../../accounts/accounts-schema.ts'
import type { Config } from '../../config/config.ts'
import { migrateJobs } from '../../jobs/jobs-schema.ts'
import { oneAtATime } from '../../lifecycle/one-at-a-time.ts'
import type { DatabaseUrls } from '../pools/job-pools.ts'
import { applicationUrls } from './application-urls.ts'

export type MigratedDatabase = DatabaseUrls & {
  ownerUrl: string
  migrated: { engine: MigrateResult; accounts: AccountsMigration }
}

export type LoginSettings = Pick<
  Config,
  'databaseUrl' | 'databaseAppUrl' | 'databaseDirectUrl' | 'databasePool' | 'databaseReplicaUrls'
>

/** `contracts`: also drops what only servers of the previous release use. Default: false. */
export type MigrateSettings = LoginSettings & { contracts?: boolean }

/**
 * Migrates all schemas as the owner (engine, accounts, job queue) and ensures that the application's login exists.
 * Needs no secret. Idempotent, and safe in several processes at the same time.
 *
 * @throws MigrateError, AppLoginError for problems that a person has to fix
 */
export async function migrateDatabase(
  config: MigrateSettings,
  ownerUrl: string,
  say: (line: string) => void = () => undefined,
): Promise<MigratedDatabase> {
  const migrated = await oneAtATime(ownerUrl, async () => {
    const engine = await migrate({ ownerUrl, log: say, contracts: config.contracts })
    const accounts = await migrateAccounts(ownerUrl)
    await migrateJobs(ownerUrl)
    return { engine, accounts }
  })
  const urls = await applicationUrls(config, await ensureAppLogin({ ownerUrl, appUrl: config.databaseAppUrl }), say)
  return { ownerUrl, ...urls, migrated }
}
