import { createPool, ensureAppLogin, type MigrateResult, migrate, serverSecrets } from '@holdfast/engine'
import { type AccountsMigration, migrateAccounts } from '../accounts/accounts-schema.ts'
import type { Config } from '../config/config.ts'
import { migrateJobs } from '../jobs/jobs-schema.ts'
import { oneAtATime } from '../lifecycle/one-at-a-time.ts'

export type PreparedDatabase = {
  ownerUrl: string
  /** The URL of the application role, which the server and the worker log in as. */
  appUrl: string
  /** The first signs, all verify. */
  secrets: string[]
  migrated: { engine: MigrateResult; accounts: AccountsMigration }
}

/**
 * Migrates all schemas as the owner (engine, accounts, job queue) and ensures that the secret and the application's
 * login exist. Idempotent, and safe in several processes at the same time.
 *
 * @throws MigrateError, AppLoginError for problems that a person has to fix
 */
export async function prepareDatabase(
  config: Pick<Config, 'databaseAppUrl' | 'secrets'>,
  ownerUrl: string,
  say: (line: string) => void = () => undefined,
): Promise<PreparedDatabase> {
  const migrated = await oneAtATime(ownerUrl, async () => {
    const engine = await migrate({ ownerUrl, log: say })
    const accounts = await migrateAccounts(ownerUrl)
    await migrateJobs(ownerUrl)
    return { engine, accounts }
  })
  const appUrl = await ensureAppLogin({ ownerUrl, appUrl: config.databaseAppUrl })
  return { ownerUrl, appUrl, secrets: await readSecrets(ownerUrl, config.secrets), migrated }
}

async function readSecrets(ownerUrl: string, fromEnvironment: string[] | null): Promise<string[]> {
  const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast secret' })
  try {
    return await serverSecrets(pool, fromEnvironment)
  } finally {
    await pool.end()
  }
}
