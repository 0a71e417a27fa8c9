import type pg from 'pg'
import sql from 'sql-template-tag'
import { ensurePartitions } from '../upkeep/ensure-partitions.ts'
import { applyFunctions } from './apply-functions.ts'
import { checkDatabase } from './check-database.ts'
import { explainSqlError } from './explain-sql-error.ts'
import { growIndexes } from './grow-indexes.ts'
import { isFromNewerRelease, isPostponed, type Ledger, ledgerDefinition, readLedger, tooNewFor } from './ledger.ts'
import { MigrateError } from './migrate-error.ts'
import { inMigrateSession, inSeparateTransaction, type MigrateSession, type SessionOptions } from './migrate-session.ts'
import { type MigrationFile, type SqlFiles, sqlFiles } from './sql-files.ts'

export type MigrateOptions = SessionOptions & {
  /** Another set of files than the engine's own, for tests. */
  files?: SqlFiles
  /** Also drops what only servers of the previous release use. Default: false, since some may run. */
  contracts?: boolean | undefined
}

export type MigrateResult = {
  /** Names of the migrations applied now, in order; in a new database, what its schema includes. */
  applied: string[]
  /** Names of the functions written now. */
  functions: string[]
  /** The number of the newest migration that the database has. */
  version: number
  /** Names of the migrations, and of functions as `functions/NAME`, that wait for `contracts`. */
  postponed: string[]
}

/**
 * Updates a database to this release: roles, tables, functions whose file has changed, grants, indexes, partitions. An
 * empty database gets its tables by the files of the schema, another one by the migrations that it does not have, each
 * in a separate transaction and recorded with its checksum. Any number of processes may call it at once: one migrates,
 * the others wait for it. Forward only; a database of a newer release is left as it is. What only the previous release
 * uses stays until `contracts`, so that its servers go on meanwhile.
 *
 * DDL waits at most `lockTimeoutMs` for a lock, so that other sessions do not queue behind it for long, and is tried 12
 * times. It is also tried again after a deadlock with live traffic, which locks several tables in another order.
 *
 * @throws MigrateError for what an administrator must fix; the driver's errors when the database cannot be reached
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const files = options.files ?? (await sqlFiles())
  return inMigrateSession(options, checkDatabase, (session) => update(session, files, options.contracts === true))
}

async function update(session: MigrateSession, files: SqlFiles, contracts: boolean): Promise<MigrateResult> {
  const { client, log } = session
  await ensureAppRole(client)
  await inSeparateTransaction(session, 'the ledger', () => client.query(ledgerDefinition))
  const ledger = await readLedger(client)
  refuseTooNew(ledger, files)
  const isNew = ledger.migrations.length === 0
  const { due, postponed } = isNew ? { due: [], postponed: [] } : pendingMigrations(ledger, files, contracts)
  const applied = isNew ? await createTables(session, files) : await applyPending(session, due)
  const waiting = postponed.map(({ name }) => name)
  let functions: string[] = []
  if (isFromNewerRelease(ledger, files)) {
    log('The database is of a newer release: its functions and grants are left as they are.')
  } else {
    const work = () => applyFunctions(client, ledger, files, contracts)
    const done = await inSeparateTransaction(session, 'functions and grants', work)
    functions = done.written
    waiting.push(...done.kept.map((name) => `functions/${name}`))
    if (!isNew && functions.length > 0) log(`Wrote ${functions.length} functions: ${functions.join(', ')}.`)
  }
  await growIndexes(session)
  for (const name of await ensurePartitions(client)) if (!isNew) log(`Created the partition ${name}.`)
  const version = Math.max(...[...ledger.migrations, ...applied].map((one) => one.version))
  return { applied: applied.map(({ name }) => name), functions, version, postponed: waiting }
}

type Migration = Ledger['migrations'][number]

/** Uses the files of the schema, which have the migrations' changes already. */
async function createTables(session: MigrateSession, { schema, migrations }: SqlFiles): Promise<Migration[]> {
  const { client, log } = session
  log('Creating the tables and functions.')
  const applied = [schema, ...migrations]
  await inSeparateTransaction(session, 'the schema', async () => {
    for (const file of schema.files) await applyText(client, `schema/${file.name}.sql`, file.text)
    for (const migration of applied) await record(client, migration)
  })
  return applied
}

async function applyPending(session: MigrateSession, pending: MigrationFile[]): Promise<Migration[]> {
  const { client, log } = session
  for (const file of pending) {
    log(`Applying migration ${file.name}.`)
    await inSeparateTransaction(session, file.name, async () => {
      await applyText(client, `migrations/${file.name}.sql`, file.text)
      await record(client, file)
    })
  }
  return pending
}

async function applyText(client: pg.Client, what: string, text: string): Promise<void> {
  try {
    await client.query(text)
  } catch (error) {
    throw explainSqlError(error, what)
  }
}

async function record(client: pg.Client, { version, name, checksum, needs }: Migration): Promise<void> {
  await client.query(sql`
    insert into holdfast.migration (version, name, checksum, needs_release)
    values (${version}, ${name}, ${checksum}, ${needs})`)
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

/** @throws MigrateError for a database that has dropped what this release needs */
function refuseTooNew(ledger: Ledger, { release }: SqlFiles): void {
  const tooNew = tooNewFor(release, ledger)
  if (tooNew === undefined) return
  throw new MigrateError(
    'release_too_old',
    `The database has dropped what releases before ${tooNew.needs} need (migration ${tooNew.name}). ` +
      `This is ${release}: start ${tooNew.needs} or a later release.`,
  )
}

type Pending = { due: MigrationFile[]; postponed: MigrationFile[] }

/**
 * The migrations that a database with a schema does not have, in their order.
 *
 * @throws MigrateError for a database of before the schema's entry, a migration that was changed after it was applied,
 * and one with a number below the newest
 */
function pendingMigrations(ledger: Ledger, files: SqlFiles, contracts: boolean): Pending {
  const { schema, migrations, release } = files
  const applied = new Map(ledger.migrations.map((migration) => [migration.version, migration]))
  const newest = Math.max(0, ...applied.keys())
  if (!applied.has(schema.version)) {
    // A newer release may have another schema's entry: its database is left as it is.
    if (newest > Math.max(schema.version, ...migrations.map(({ version }) => version)))
      return { due: [], postponed: [] }
    throw new MigrateError(
      'before_the_schema',
      `The database was created before Holdfast 0.3.0: its newest migration is ${newest}. This release cannot update ` +
        'it. Use an empty database.',
    )
  }
  for (const file of migrations) {
    const known = applied.get(file.version)
    if (known !== undefined && known.checksum !== file.checksum) {
      throw new MigrateError(
        'migration_changed',
        `The migration ${file.name} was changed after it was applied (as ${known.name}). Restore the ` +
          'file, and write the change as another migration.',
      )
    }
  }
  const pending = migrations.filter((file) => !applied.has(file.version))
  // Those that drop something may come later than others.
  const late = pending.find((file) => file.version < newest && file.needs === null)
  if (late !== undefined) {
    throw new MigrateError(
      'migration_out_of_order',
      `The migration ${late.name} was never applied, but number ${newest} was. Give it a number above ${newest}.`,
    )
  }
  const waits = (file: MigrationFile) => !contracts && isPostponed(file, release)
  return { due: pending.filter((file) => !waits(file)), postponed: pending.filter(waits) }
}
