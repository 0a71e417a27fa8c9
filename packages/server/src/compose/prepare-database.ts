import { createPool, ensureAppLogin, type MigrateResult, migrate, serverSecrets } from '@holdfast/engine'
import { type AccountsMigration, migrateAccounts } from '../accounts/accounts-schema.ts'
import type { Config } from '../config.ts'
import { migrateJobs } from '../jobs/jobs-schema.ts'
import { oneAtATime } from './one-at-a-time.ts'

export type PreparedDatabase = {
  ownerUrl: string
  /** The application role's: what the server and the worker log in as. */
  appUrl: string
  /** The first signs, all are valid. */
  secrets: string[]
  migrated: { engine: MigrateResult; accounts: AccountsMigration }
}

/**
 * Brings the whole schema up to date as the owner (the engine's, the accounts', the job queue's), and makes sure of the
 * secret and of the application's login. Idempotent, and safe in any number of processes at once.
 *
 * @throws MigrateError, AppLoginError for what a person must mend
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
