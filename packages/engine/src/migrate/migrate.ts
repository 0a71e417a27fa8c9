import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import sql from 'sql-template-tag'
import { ensurePartitions } from '../upkeep/ensure-partitions.ts'
import { applyFunctions } from './apply-functions.ts'
import { checkDatabase } from './check-database.ts'
import { isFromNewerRelease, type Ledger, ledgerDefinition, readLedger } from './ledger.ts'
import { MigrateError } from './migrate-error.ts'
import { type MigrationFile, type SqlFiles, sqlFiles } from './sql-files.ts'

export type MigrateOptions = {
  /** The owner's: a login that may create in the database. */
  ownerUrl: string
  log?: (message: string) => void
  /** Another set of files than the engine's own, for tests. */
  files?: SqlFiles
  /** How long DDL waits for a lock before it lets the traffic through and tries again. Default 5,000. */
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

// 'Hold' as an int4: the class of all advisory locks of this house; 1 is the migrations'.
const advisoryLock = [0x486f6c64, 1] as const
const advisoryWaitMsMax = 300_000
const lockTriesMax = 12

/**
 * Brings a database up to this release: roles, migrations (each in its own transaction, written down with its
 * checksum), functions whose file changed, grants, partitions. Any number of processes may call it at once: one works,
 * the others wait for it. Forward only; a database of a newer release is left as it is.
 *
 * DDL waits at most `lockTimeoutMs` for a lock, so that it never queues up the traffic behind it, and tries 12 times;
 * so too where it would wait in a ring with the traffic, which takes more tables than one and in an order of its own.
 *
 * @throws MigrateError for what a person must mend; pg's own errors when the database can't be reached
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const { ownerUrl, log = () => {}, lockTimeoutMs = 5_000 } = options
  const client = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'holdfast migrate',
    options: '-c search_path=public -c timezone=UTC -c client_min_messages=warning',
    connectionTimeoutMillis: 10_000,
    lock_timeout: lockTimeoutMs,
  })
  // A connection lost between two queries fails the next one; without a listener it would end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    await checkDatabase(client)
    await lockMigrations(client, log)
    return await bringUp({ client, log, lockTimeoutMs }, options.files ?? (await sqlFiles()))
  } finally {
    // Ends the session, and the advisory lock with it.
    await client.end()
  }
}

type Session = { client: pg.Client; log: (message: string) => void; lockTimeoutMs: number }

async function bringUp(session: Session, files: SqlFiles): Promise<MigrateResult> {
  const { client, log } = session
  await ensureAppRole(client)
  await inOwnTransaction(session, 'the ledger', () => client.query(ledgerDefinition))
  const ledger = await readLedger(client)
  const pending = pendingMigrations(ledger, files.migrations)
  for (const file of pending) {
    log(`Applying migration ${file.name}.`)
    await inOwnTransaction(session, file.name, () => applyMigration(client, file))
  }
  let functions: string[] = []
  if (isFromNewerRelease(ledger, files)) {
    log('The database is of a newer release: its functions and grants are left as they are.')
  } else {
    functions = await inOwnTransaction(session, 'functions and grants', () => applyFunctions(client, ledger, files))
    if (functions.length > 0) log(`Wrote ${functions.length} functions: ${functions.join(', ')}.`)
  }
  for (const name of await ensurePartitions(client)) log(`Made the partition ${name}.`)
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
        `The migration ${file.name} was changed after it was applied (as ${known.name}). Put its file back as it ` +
          'was, and write what is new as another migration.',
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

/** Roles belong to the whole server: another database's migration may make it at the same moment. */
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

async function inOwnTransaction<Result>(
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
          `A lock that ${what} needs was held by others ${tries} times for ${lockTimeoutMs} ms. Look for long ` +
            'transactions in pg_stat_activity, then start again.',
          { cause: error },
        )
      }
      log(`Waiting for a lock for ${what} (${tries} of ${lockTriesMax}).`)
      await delay(lockTimeoutMs / 10)
    }
  }
}

/** A lock that was not had in time, or a deadlock that ended here. */
function isLockLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01')
}

/**
 * Asks again rather than waits: a waiting statement would hold a snapshot, and with it back vacuum and the log's tail.
 */
async function lockMigrations(client: pg.Client, log: (message: string) => void): Promise<void> {
  const deadline = Date.now() + advisoryWaitMsMax
  for (let told = false; ; told = true) {
    const { rows } = await client.query<{ locked: boolean }>(
      sql`select pg_try_advisory_lock(${advisoryLock[0]}, ${advisoryLock[1]}) as locked`,
    )
    if (rows[0]?.locked === true) return
    if (!told) log('Another process is migrating this database: waiting for it.')
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
