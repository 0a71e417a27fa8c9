import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import sql from 'sql-template-tag'
import { advisoryLocks } from '../database/advisory-locks.ts'
import { isLockTimeout } from '../database/database-unavailable.ts'
import { ensurePartitions } from '../upkeep/ensure-partitions.ts'
import { applyFunctions } from './apply-functions.ts'
import { checkDatabase } from './check-database.ts'
import { isFromNewerRelease, type Ledger, ledgerDefinition, readLedger } from './ledger.ts'
import { MigrateError } from './migrate-error.ts'
import { type MigrationFile, type SqlFiles, sqlFiles } from './sql-files.ts'

export type MigrateOptions = {
  /** The owner's URL: its login may create objects in the database. */
  ownerUrl: string
  log?: (message: string) => void
  /** Another set of files than the engine's own, for tests. */
  files?: SqlFiles
  /** How long DDL waits for a lock before it gives way to other sessions and tries again. Default 5,000. */
  lockTimeoutMs?: number
}

export type MigrateResult = {
  /** Names of the migrations applied now, in order. */
  applied: string[]
  /** Names of the functions written now. */
  functions: string[]
  /** The number of the newest migration that the database has. */
  version: number
}

const advisoryWaitMsMax = 300_000
const lockTriesMax = 12

/**
 * Updates a database to this release: roles, migrations (each in a separate transaction, recorded with its checksum),
 * functions whose file has changed, grants, partitions. Any number of processes may call it at once: one migrates, the
 * others wait for it. Forward only; a database of a newer release is left as it is.
 *
 * DDL waits at most `lockTimeoutMs` for a lock, so that other sessions do not queue behind it for long, and is tried 12
 * times. It is also tried again after a deadlock with live traffic, which locks several tables in another order.
 *
 * @throws MigrateError for what an administrator must fix; the driver's errors when the database cannot be reached
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const { ownerUrl, log = () => {}, lockTimeoutMs = 5_000 } = options
  const client = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'holdfast migrate',
    connectionTimeoutMillis: 10_000,
  })
  // A connection lost between two queries fails the next one; without a listener it would end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    // Not at the start of the session: a pooler in session mode refuses that.
    await client.query(sql`
      select set_config('search_path', 'public', false), set_config('timezone', 'UTC', false),
             set_config('client_min_messages', 'warning', false),
             set_config('lock_timeout', ${String(lockTimeoutMs)}, false)`)
    await checkDatabase(client)
    await lockMigrations(client, log)
    return await update({ client, log, lockTimeoutMs }, options.files ?? (await sqlFiles()))
  } finally {
    // Ends the session, and the advisory lock with it.
    await client.end()
  }
}

type Session = { client: pg.Client; log: (message: string) => void; lockTimeoutMs: number }

async function update(session: Session, files: SqlFiles): Promise<MigrateResult> {
  const { client, log } = session
  await ensureAppRole(client)
  await inSeparateTransaction(session, 'the ledger', () => client.query(ledgerDefinition))
  const ledger = await readLedger(client)
  const pending = pendingMigrations(ledger, files.migrations)
  for (const file of pending) {
    log(`Applying migration ${file.name}.`)
    await inSeparateTransaction(session, file.name, () => applyMigration(client, file))
  }
  let functions: string[] = []
  if (isFromNewerRelease(ledger, files)) {
    log('The database is of a newer release: its functions and grants are left as they are.')
  } else {
    const work = () => applyFunctions(client, ledger, files)
    functions = await inSeparateTransaction(session, 'functions and grants', work)
    if (functions.length > 0) log(`Wrote ${functions.length} functions: ${functions.join(', ')}.`)
  }
  for (const name of await ensurePartitions(client)) log(`Created the partition ${name}.`)
  const newest = Math.max(0, ...ledger.migrations.map((one) => one.version), ...pending.map((one) => one.version))
  return { applied: pending.map((file) => file.name), functions, version: newest }
}

function pendingMigrations(ledger: Ledger, files: MigrationFile[]): MigrationFile[] {
  const applied = new Map(ledger.migrations.map((migration) => [migration.version, migration]))
  for (const file of files) {
    const known = applied.get(file.version)
    if (known !== undefined && known.checksum !== file.checksum) {
      throw new MigrateError(
        'migration_changed',
        `The migration ${file.name} was changed after it was applied (as ${known.name}). Restore the ` +
          'file, and write the change as another migration.',
      )
    }
  }
  const pending = files.filter((file) => !applied.has(file.version))
  const newest = Math.max(0, ...applied.keys())
  const late = pending.find((file) => file.version < newest)
  if (late !== undefined) {
    throw new MigrateError(
      'migration_out_of_order',
      `The migration ${late.name} was never applied, but number ${newest} was. Give it a number above ${newest}.`,
    )
  }
  return pending
}

async function applyMigration(client: pg.Client, file: MigrationFile): Promise<void> {
  await client.query(file.text)
  await client.query(sql`
    insert into holdfast.migration (version, name, checksum) values (${file.version}, ${file.name}, ${file.checksum})`)
}

/** Roles belong to the whole server: the migration of another database may create this one at the same moment. */
async function ensureAppRole(client: pg.Client): Promise<void> {
  await client.query(`
    do $$ begin
      if not exists (select from pg_roles where rolname = 'holdfast_app') then
        create role holdfast_app nologin;
      end if;
    exception when duplicate_object or unique_violation then
      null;
    end $$`)
}

async function inSeparateTransaction<Result>(
  { client, log, lockTimeoutMs }: Session,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query('begin')
      const result = await work()
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(() => {})
      if (!isLockLost(error)) throw error
      if (tries === lockTriesMax) {
        throw new MigrateError(
          'locked',
          `Other sessions held a lock that is needed for ${what}: ${tries} tries of ${lockTimeoutMs} ms failed. Look ` +
            'for long transactions in pg_stat_activity, then start again.',
          { cause: error },
        )
      }
      log(`Waiting for a lock for ${what} (${tries} of ${lockTriesMax}).`)
      await delay(lockTimeoutMs / 10)
    }
  }
}

/** A lock timeout, or a deadlock. */
function isLockLost(error: unknown): boolean {
  return isLockTimeout(error) || (error instanceof Error && 'code' in error && error.code === '40P01')
}

/**
 * Polls, because a statement that waits would hold a snapshot, which holds back vacuum and the tail of the log.
 */
async function lockMigrations(client: pg.Client, log: (message: string) => void): Promise<void> {
  const deadline = Date.now() + advisoryWaitMsMax
  for (let isLogged = false; ; isLogged = true) {
    const { rows } = await client.query<{ locked: boolean }>(sql`
      select pg_try_advisory_lock(${advisoryLocks.migrations[0]}, ${advisoryLocks.migrations[1]}) as locked`)
    if (rows[0]?.locked === true) return
    if (!isLogged) log('Another process is migrating this database: waiting for it.')
    if (Date.now() > deadline) {
      throw new MigrateError(
        'locked',
        `Another process has been migrating this database for ${advisoryWaitMsMax / 60_000} minutes. Look for ` +
          '"holdfast migrate" in pg_stat_activity.',
      )
    }
    await delay(100)
  }
}
