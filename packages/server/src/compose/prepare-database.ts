import { ensureAppLogin, type MigrateResult, migrate } from '@holdfast/engine'
import { type AccountsMigration, migrateAccounts } from '../accounts/accounts-schema.ts'
import type { Config } from '../config/config.ts'
import { migrateJobs } from '../jobs/jobs-schema.ts'
import { oneAtATime } from '../lifecycle/one-at-a-time.ts'
import { applicationUrls } from './application-urls.ts'
import { openSecrets, type SecretSettings } from './database-secrets.ts'

export type MigratedDatabase = {
  ownerUrl: string
  /** The URL of the application role, which the server and the worker log in as; marked if it is a pooler's. */
  appUrl: string
  /** The same without a pooler, or with one that gives each client a session: for notifications and the job queue. */
  sessionUrl: string
  migrated: { engine: MigrateResult; accounts: AccountsMigration }
}

export type PreparedDatabase = MigratedDatabase & {
  /** The first signs, all verify. */
  secrets: string[]
}

type Say = (line: string) => void

type LoginSettings = Pick<Config, 'databaseUrl' | 'databaseAppUrl' | 'databaseDirectUrl' | 'databasePool'>

/**
 * Migrates the database, and opens the server's secrets. Idempotent, and safe in several processes at the same time.
 *
 * @throws MigrateError, AppLoginError, StartError for problems that a person has to fix
 */
export async function prepareDatabase(
  config: LoginSettings & SecretSettings,
  ownerUrl: string,
  say?: Say,
): Promise<PreparedDatabase> {
  const migrated = await migrateDatabase(config, ownerUrl, say)
  return { ...migrated, secrets: await openSecrets(ownerUrl, config) }
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
