import type pg from 'pg'
import sql from 'sql-template-tag'
import { ensurePartitions } from '../upkeep/ensure-partitions.ts'
import { applyFunctions } from './apply-functions.ts'
import { checkDatabase } from './check-database.ts'
import { isFromNewerRelease, ledgerDefinition, readLedger } from './ledger.ts'
import { inMigrateSession, inSeparateTransaction, type MigrateSession, type SessionOptions } from './migrate-session.ts'
import { pendingMigrations } from './pending-migrations.ts'
import { type MigrationFile, type SqlFiles, sqlFiles } from './sql-files.ts'

export type MigrateOptions = SessionOptions & {
  /** Another set of files than the engine's own, for tests. */
  files?: SqlFiles
}

export type MigrateResult = {
  /** Names of the migrations applied now, in order. */
  applied: string[]
  /** Names of the functions written now. */
  functions: string[]
  /** The number of the newest migration that the database has. */
  version: number
}

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
  const files = options.files ?? (await sqlFiles())
  return inMigrateSession(options, checkDatabase, (session) => update(session, files))
}

async function update(session: MigrateSession, files: SqlFiles): Promise<MigrateResult> {
  const { client, log } = session
  await ensureAppRole(client)
  await inSeparateTransaction(session, 'the ledger', () => client.query(ledgerDefinition))
  const ledger = await readLedger(client)
  const pending = pendingMigrations(ledger, files.migrations)
  const isNew = ledger.migrations.length === 0
  if (isNew) log(`Creating the tables and functions, by ${pending.length} migrations.`)
  for (const file of pending) {
    if (!isNew) log(`Applying migration ${file.name}.`)
    await inSeparateTransaction(session, file.name, () => applyMigration(client, file))
  }
  let functions: string[] = []
  if (isFromNewerRelease(ledger, files)) {
    log('The database is of a newer release: its functions and grants are left as they are.')
  } else {
    const work = () => applyFunctions(client, ledger, files)
    functions = await inSeparateTransaction(session, 'functions and grants', work)
    if (!isNew && functions.length > 0) log(`Wrote ${functions.length} functions: ${functions.join(', ')}.`)
  }
  for (const name of await ensurePartitions(client)) if (!isNew) log(`Created the partition ${name}.`)
  const newest = Math.max(0, ...ledger.migrations.map((one) => one.version), ...pending.map((one) => one.version))
  return { applied: pending.map((file) => file.name), functions, version: newest }
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
