import {
  createPool,
  deleteStoredSecret,
  ensureAppLogin,
  type MigrateResult,
  migrate,
  serverSecrets,
  storedSecret,
} from '@holdfast/engine'
import type pg from 'pg'
import { type AccountsMigration, migrateAccounts } from '../accounts/accounts-schema.ts'
import type { Config } from '../config/config.ts'
import { migrateJobs } from '../jobs/jobs-schema.ts'
import { oneAtATime } from '../lifecycle/one-at-a-time.ts'
import { secretFromFile } from './secret-file.ts'

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
  config: Pick<Config, 'databaseAppUrl' | 'databaseUrl' | 'dataDirectory' | 'secretFile' | 'secrets'>,
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
  return { ownerUrl, appUrl, secrets: await readSecrets(ownerUrl, config), migrated }
}

type SecretSettings = Pick<Config, 'databaseUrl' | 'dataDirectory' | 'secretFile' | 'secrets'>

async function readSecrets(ownerUrl: string, config: SecretSettings): Promise<string[]> {
  const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast secret' })
  try {
    if (config.secrets !== null) return config.secrets
    if (config.secretFile === null && config.databaseUrl !== null) return await serverSecrets(pool, null)
    return await secretsOfFile(pool, config.secretFile ?? `${config.dataDirectory}-secret`)
  } finally {
    await pool.end()
  }
}

/** Moves a secret that an earlier release stored in the database. One that differs from the file's stays valid. */
async function secretsOfFile(pool: pg.Pool, path: string): Promise<string[]> {
  const stored = await storedSecret(pool)
  const secret = await secretFromFile(path, stored)
  if (stored === null) return [secret]
  if (stored !== secret) return [secret, stored]
  await deleteStoredSecret(pool, stored)
  return [secret]
}
