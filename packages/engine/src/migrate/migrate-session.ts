import type pg from 'pg'
import sql from 'sql-template-tag'
import { inClientTransaction } from '../database/client-transaction.ts'
import { connectClient } from '../database/connect-client.ts'
import { isLockLost } from '../database/database-unavailable.ts'
import { lockTriesMax, repeatWhileLocked, schemaLockMs } from '../database/repeat-while-locked.ts'
import { advisoryWaitMinutesMax, takeAdvisoryLock } from '../database/take-advisory-lock.ts'
import { MigrateError } from './migrate-error.ts'

export type SessionOptions = {
  /** The owner's URL: its login may create objects in the database. */
  ownerUrl: string
  log?: (message: string) => void
  /** How long DDL waits for a lock before it gives way to other sessions and tries again. Default 5,000. */
  lockTimeoutMs?: number
}

export type MigrateSession = { client: pg.Client; log: (message: string) => void; lockTimeoutMs: number }

/**
 * Runs `work` in a session that alone migrates the database.
 *
 * @param check throws for a database that cannot be migrated, before anything waits for it
 */
export async function inMigrateSession<Result>(
  { ownerUrl, log = () => {}, lockTimeoutMs = schemaLockMs }: SessionOptions,
  check: (client: pg.Client) => Promise<void>,
  work: (session: MigrateSession) => Promise<Result>,
): Promise<Result> {
  const client = await connectClient({ url: ownerUrl, name: 'holdfast migrate' })
  try {
    // Not at the start of the session: a pooler in session mode refuses that.
    await client.query(sql`
      select set_config('search_path', 'public', false), set_config('timezone', 'UTC', false),
             set_config('client_min_messages', 'warning', false),
             set_config('lock_timeout', ${String(lockTimeoutMs)}, false)`)
    await check(client)
    await lockMigrations(client, log)
    return await work({ client, log, lockTimeoutMs })
  } finally {
    // Ends the session, and the advisory lock with it.
    await client.end()
  }
}

/**
 * Runs `work` in a transaction, and again if it does not get a lock.
 *
 * @throws MigrateError when it never gets it
 */
export async function inSeparateTransaction<Result>(
  { client, log, lockTimeoutMs }: MigrateSession,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await repeatWhileLocked(() => inClientTransaction(client, work), {
      lockTimeoutMs,
      onLocked: (tries) => log(`Waiting for a lock for ${what} (${tries} of ${lockTriesMax}).`),
    })
  } catch (error) {
    if (!isLockLost(error)) throw error
    throw new MigrateError(
      'locked',
      `Other sessions held a lock that is needed for ${what}: ${lockTriesMax} tries of ${lockTimeoutMs} ms failed. ` +
        'Look for long transactions in pg_stat_activity, then start again.',
      { cause: error },
    )
  }
}

async function lockMigrations(client: pg.Client, log: (message: string) => void): Promise<void> {
  const onWait = () => log('Another process is migrating this database: waiting for it.')
  if (await takeAdvisoryLock(client, 'migrations', onWait)) return
  throw new MigrateError(
    'locked',
    `Another process has been migrating this database for ${advisoryWaitMinutesMax} minutes. Look for ` +
      '"holdfast migrate" in pg_stat_activity.',
  )
}
