import type pg from 'pg'
import sql from 'sql-template-tag'
import { statementInSchema } from '../../database/statement-schema.ts'
import type { Ledger } from '../../migrate/ledger.ts'
import type { MigrationFile } from '../../migrate/sql-files.ts'
import { planMigration } from '../plans/plan-migration.ts'
import { kindOf } from '../tables/table-kinds.ts'
import { omitStatistics } from './omit-statistics.ts'
import { type ModelTable, readTables, type ShardModel } from './shard-model.ts'

/** What the own tables of a new schema begin with: those of the database, or of the shard's former schema. */
export type OwnTablesOf = { tables: readonly ModelTable[]; migrations: Ledger['migrations'] }

export type OwnTables = {
  schema: string
  model: ShardModel
  /** Of this release, in order. */
  files: readonly MigrationFile[]
  begin(): Promise<OwnTablesOf>
  /** Copies the rows of a new schema into its own tables. */
  fill(client: pg.Client): Promise<void>
}

/**
 * Writes the tables of which a shard has rows of its own. A new schema gets them as they are where its rows come from;
 * then the migrations run that it does not have, as far as they are about the shard's own rows.
 *
 * @throws Error if the tables are not the database's afterwards
 */
export async function writeOwnTables(client: pg.Client, own: OwnTables): Promise<void> {
  const { schema, model, files } = own
  let applied = await migrationsOf(client, schema)
  if (applied.length === 0) {
    const { tables, migrations } = await own.begin()
    for (const table of tables) if (isOwn(table.name)) await createTable(client, schema, table)
    await note(client, schema, migrations)
    await own.fill(client)
    applied = migrations
  }
  const versions = new Set(applied.map(({ version }) => version))
  for (const file of files) if (!versions.has(file.version)) await runInShard(client, schema, file)
  await note(client, schema, model.migrations)
  await widenEpochs(client, schema)
  await compare(client, schema, model)
}

/** A table of a former schema may have been dropped since: what drops it runs next. */
function isOwn(name: string): boolean {
  return name !== 'shard_range' && kindOf(name) === 'own'
}

async function createTable(client: pg.Client, schema: string, table: ModelTable): Promise<void> {
  const relation = `${schema}.${table.name}`
  const { rows } = await client.query<{ found: boolean }>(sql`select to_regclass(${relation}) is not null as found`)
  if (rows[0]?.found !== true) await client.query(statementInSchema(table.definition, schema))
  await omitStatistics(client, relation, table.withoutStatistics)
  if (table.name === 'log_epoch') await widenEpochs(client, schema)
}

async function runInShard(client: pg.Client, schema: string, file: MigrationFile): Promise<void> {
  for (const { text, inShards } of planMigration(file).statements) {
    if (!inShards) continue
    await client.query(statementInSchema(text, schema))
  }
}

/** Their numbers are larger in a shard (`log_epoch_floor.sql`). The upper bound is `Number.MAX_SAFE_INTEGER`. */
async function widenEpochs(client: pg.Client, schema: string): Promise<void> {
  const relation = `${schema}.log_epoch`
  await client.query(`
    do $$ begin
      if not exists (select from pg_constraint
                      where conrelid = '${relation}'::regclass and conname = 'log_epoch_no_check'
                        and pg_get_constraintdef(oid) like '%9007199254740991%') then
        alter table ${relation} drop constraint log_epoch_no_check,
          add constraint log_epoch_no_check check (no between 1 and 9007199254740991);
      end if;
    end $$`)
}

/** The migrations that a schema has; none: it is new. */
async function migrationsOf(client: pg.Client, schema: string): Promise<Ledger['migrations']> {
  const { rows } = await client.query<Ledger['migrations'][number]>(
    `select version, name, checksum from ${schema}.migration order by version`,
  )
  return rows
}

async function note(client: pg.Client, schema: string, migrations: Ledger['migrations']): Promise<void> {
  for (const { version, name, checksum } of migrations) {
    await client.query(
      `insert into ${schema}.migration (version, name, checksum) values ($1, $2, $3) on conflict do nothing`,
      [version, name, checksum],
    )
  }
}

/** @throws Error that names a table which is otherwise than the coordinator's */
async function compare(client: pg.Client, schema: string, model: ShardModel): Promise<void> {
  const found = new Map((await readTables(client, schema)).map((table) => [table.name, comparable(table)]))
  for (const table of model.tables.filter(({ name }) => kindOf(name) === 'own')) {
    if (found.get(table.name) === comparable(table)) continue
    throw new Error(
      `${schema}.${table.name} is not as the migrations leave it on the coordinator: ${found.get(table.name)} ` +
        `instead of ${comparable(table)}.`,
    )
  }
}

/** Without the bounds of epochs, which are others. */
function comparable({ definition }: ModelTable): string {
  return definition.replace(/constraint log_epoch_no_check CHECK \(.*?\)\)\)/i, 'constraint log_epoch_no_check')
}
