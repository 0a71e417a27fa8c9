import { createHash } from 'node:crypto'
import pg from 'pg'
import sql from 'sql-template-tag'
import { applyFunctions, functionChanges } from '../../migrate/apply-functions.ts'
import { checkDatabase } from '../../migrate/check-database.ts'
import { isFromNewerRelease, type Ledger, readLedger } from '../../migrate/ledger.ts'
import type { MigrateOptions, MigrateResult } from '../../migrate/migrate.ts'
import { inMigrateSession, inSeparateTransaction, type MigrateSession } from '../../migrate/migrate-session.ts'
import { pendingMigrations } from '../../migrate/pending-migrations.ts'
import { splitStatements } from '../../migrate/split-statements.ts'
import { type SqlFiles, sqlFiles } from '../../migrate/sql-files.ts'
import { ensurePartitions } from '../../upkeep/ensure-partitions.ts'
import { isDistributionFinished } from '../nodes/distribution-state.ts'
import { type PlannedMigration, type PlannedStatement, planMigration } from '../plans/plan-migration.ts'
import { freeColumns } from '../schema/free-columns.ts'
import { kindOf } from '../tables/table-kinds.ts'

/** A row of `holdfast.setting` with this name has a digest of the grants that all nodes have. */
const grantedSetting = 'granted_on_nodes'

/**
 * Updates the coordinator of a database that is distributed over Citus to this release, and with it the shards of all
 * tables: `writeShardSchemas` does the rest, in each shard's schema. Every migration is one transaction on all nodes.
 * Repeated after an interruption, it does what is left. Servers of the previous release may run meanwhile; nobody may
 * write the schemas of shards.
 *
 * @throws MigrateError as `migrate`, and for a migration that cannot run on such a database, before anything is changed
 */
export async function migrateDistributed(options: MigrateOptions): Promise<MigrateResult> {
  const files = options.files ?? (await sqlFiles())
  return inMigrateSession(options, checkDatabase, (session) => update(session, files, options.ownerUrl))
}

async function update(session: MigrateSession, files: SqlFiles, ownerUrl: string): Promise<MigrateResult> {
  const { client, log } = session
  const ledger = await readLedger(client)
  const pending = pendingMigrations(ledger, files.migrations)
  const version = Math.max(0, ...ledger.migrations.map((one) => one.version), ...pending.map((one) => one.version))
  if (isFromNewerRelease(ledger, files)) {
    log('The database is of a newer release: it is left as it is.')
    return { applied: [], functions: [], version }
  }
  const planned = pending.map((file) => planMigration(file))
  const isFinished = await isDistributionFinished(client)
  // Then nodes wait for a lock no longer than the coordinator does.
  await client.query(`set citus.propagate_set_commands = 'local'`)
  for (const migration of planned) {
    log(`Applying migration ${migration.file.name}.`)
    const frees = migration.statements.flatMap(({ frees: freed }) => freed ?? [])
    if (frees.length > 0) await freeColumns({ coordinator: client, ownerUrl, frees })
    await inSeparateTransaction(session, migration.file.name, async () => {
      await client.query(`set local lock_timeout = ${session.lockTimeoutMs}`)
      await applyMigration(client, migration, isFinished)
    })
  }
  const functions = await updateFunctions(session, ledger, files)
  if (pending.length > 0) for (const name of await ensurePartitions(client)) log(`Created the partition ${name}.`)
  return { applied: pending.map((file) => file.name), functions, version }
}

async function applyMigration(
  client: pg.Client,
  { file, statements }: PlannedMigration,
  isFinished: boolean,
): Promise<void> {
  // One connection to each node: what it waits for, the node sees, and ends a deadlock.
  await client.query(sql`select set_config('citus.multi_shard_modify_mode', 'sequential', true)`)
  for (const statement of statements) await applyStatement(client, statement, isFinished)
  await client.query(sql`
    insert into holdfast.migration (version, name, checksum) values (${file.version}, ${file.name}, ${file.checksum})`)
}

async function applyStatement(client: pg.Client, statement: PlannedStatement, isFinished: boolean): Promise<void> {
  const { text, coordinator, creates, triggerOf, dropsTrigger, frees } = statement
  if (dropsTrigger !== undefined) await dropTrigger(client, `holdfast.${dropsTrigger.table}`, dropsTrigger.name)
  if (coordinator === 'not' || (coordinator === 'until finished' && isFinished)) return
  for (const step of statement.steps ?? [statement]) {
    await passOn(client, step.coordinator === 'passed on')
    await client.query(step.text)
  }
  if (creates !== undefined) await distributeNew(client, creates)
  if (triggerOf !== undefined) await keepTrigger(client, `holdfast.${triggerOf}`, triggerName(text))
  if (frees?.columns === null) {
    await client.query(sql`delete from holdfast.shard_trigger where relation = ${`holdfast.${frees.table}`}`)
  }
}

/** A function, since a statement would be passed on itself. */
async function passOn(client: pg.Client, isPassedOn: boolean): Promise<void> {
  await client.query(sql`select set_config('citus.enable_ddl_propagation', ${isPassedOn ? 'on' : 'off'}, true)`)
}

async function distributeNew(client: pg.Client, table: string): Promise<void> {
  await passOn(client, true)
  const relation = `holdfast.${table}`
  await client.query(
    kindOf(table) === 'reference'
      ? sql`select create_reference_table(${relation}::regclass)`
      : sql`select create_distributed_table(${relation}::regclass, 'clinic_no', colocate_with => 'holdfast.clinic')`,
  )
}

function triggerName(statement: string): string {
  return /\btrigger\s+([a-z_0-9]+)/i.exec(statement)?.[1]?.toLowerCase() ?? ''
}

/** Triggers belong to the shards: the coordinator has only their definitions, as PostgreSQL writes them. */
async function keepTrigger(client: pg.Client, relation: string, name: string): Promise<void> {
  await dropTrigger(client, relation, name)
  await client.query(sql`
    insert into holdfast.shard_trigger (relation, name, definition)
    select tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid) from pg_trigger
     where tgrelid = ${relation}::regclass and tgname = ${name}`)
  await client.query(`drop trigger ${pg.escapeIdentifier(name)} on ${relation}`)
}

async function dropTrigger(client: pg.Client, relation: string, name: string): Promise<void> {
  await client.query(sql`delete from holdfast.shard_trigger where relation = ${relation} and name = ${name}`)
}

/** @returns the names of the functions written */
async function updateFunctions(session: MigrateSession, ledger: Ledger, files: SqlFiles): Promise<string[]> {
  const { client, log } = session
  const digest = createHash('sha256').update(files.grants).digest('base64url')
  const { rows } = await client.query<{ value: string }>(
    sql`select value from holdfast.setting where name = ${grantedSetting}`,
  )
  const { changed, removed } = functionChanges(ledger, files.functions)
  // A migration that was applied before an interruption has tables without grants.
  const current = `${digest} ${files.migrations.at(-1)?.version}`
  if (changed.length + removed.length === 0 && rows[0]?.value === current) return []
  return inSeparateTransaction(session, 'functions and grants', async () => {
    const functions = await applyFunctions(client, ledger, files)
    // The application reads over all shards by the coordinator. Nodes have no functions that it may call; Citus would
    // look for what these depend on, and fails on one that calls itself.
    await client.query(sql`select set_config('citus.multi_shard_modify_mode', 'sequential', true)`)
    await passOn(client, true)
    for (const { text } of splitStatements(files.grants)) {
      if (!/\broutines\b|grant execute on function/.test(text)) await client.query(text)
    }
    await client.query(sql`
      insert into holdfast.setting (name, value) values (${grantedSetting}, ${current})
      on conflict (name) do update set value = excluded.value`)
    if (functions.length > 0) log(`Wrote ${functions.length} functions: ${functions.join(', ')}.`)
    return functions
  })
}
