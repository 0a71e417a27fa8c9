import pg from 'pg'
import sql from 'sql-template-tag'
import { statementInSchema } from '../../database/statement-schema.ts'
import { kindOf } from '../tables/table-kinds.ts'
import { omitStatistics } from './omit-statistics.ts'
import type { ModelTable, ShardModel } from './shard-model.ts'
import { writeIfChanged } from './write-if-changed.ts'

export type ViewsOfShard = {
  schema: string
  model: Pick<ShardModel, 'tables' | 'views'>
  /** Where the rows of a table are. */
  relationOf(table: string): string
}

/**
 * Writes a view for each table except the shard's own. A view with other columns than before is created anew.
 *
 * @returns whether what used a view was dropped with it
 */
export async function writeTableViews(
  client: pg.Client,
  { schema, model, relationOf }: ViewsOfShard,
): Promise<boolean> {
  let hasDropped = false
  for (const table of model.tables) {
    const kind = kindOf(table.name)
    if (kind === 'own') continue
    if (kind === 'distributed') await omitStatistics(client, relationOf(table.name), table.withoutStatistics)
    const view = { name: table.name, select: selectOf(table, schema, relationOf) }
    hasDropped = (await writeView(client, schema, view)) || hasDropped
  }
  return hasDropped
}

function selectOf({ name, nulls }: ModelTable, schema: string, relationOf: (table: string) => string) {
  const kind = kindOf(name)
  // Without the offset, a condition on a column that is null would be decided without a call.
  if (kind === 'coordinator') return { text: `select ${nulls} where ${schema}.refuse_table('${name}') offset 0` }
  // A view with an offset takes no writes.
  return { text: `select * from ${relationOf(name)}${kind === 'reference' ? ' offset 0' : ''}`, columns: nulls }
}

/** Writes the views of migrations. @returns whether what used a view was dropped with it */
export async function writeOtherViews(client: pg.Client, { schema, model }: ViewsOfShard): Promise<boolean> {
  let hasDropped = false
  for (const { name, definition } of model.views) {
    const text = statementInSchema(definition, schema).replace(/^create or replace view \S+ as /, '')
    hasDropped = (await writeView(client, schema, { name, select: { text } })) || hasDropped
  }
  return hasDropped
}

/** Drops the views of tables and views that migrations have dropped. */
export async function dropOtherViews(client: pg.Client, { schema, model }: ViewsOfShard): Promise<void> {
  const names = [...model.tables, ...model.views].map(({ name }) => name)
  const { rows } = await client.query<{ name: string }>(sql`
    select relname as name from pg_class
     where relnamespace = ${schema}::regnamespace and relkind = 'v' and relname <> all (${names})`)
  for (const { name } of rows) await client.query(`drop view if exists ${schema}.${pg.escapeIdentifier(name)} cascade`)
}

type View = { name: string; select: { text: string; columns?: string } }

async function writeView(client: pg.Client, schema: string, { name, select }: View): Promise<boolean> {
  const view = `${schema}.${pg.escapeIdentifier(name)}`
  const { rows } = await client.query<{ oid: string | null }>(sql`select to_regclass(${view})::oid::text as oid`)
  const oid = rows[0]?.oid ?? null
  let hasDropped = false
  await writeIfChanged(client, { kind: 'view', name: view, catalogue: 'pg_class', oid, source: select }, async () => {
    await client.query('savepoint view')
    try {
      await client.query(`create or replace view ${view} as ${select.text}`)
    } catch (error) {
      if (!hasOtherColumns(error)) throw error
      hasDropped = true
      await client.query(`rollback to savepoint view; drop view ${view} cascade; create view ${view} as ${select.text}`)
    }
    await client.query('release savepoint view')
  })
  return hasDropped
}

/** invalid_table_definition: only columns at its end may be added to a view. */
function hasOtherColumns(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '42P16'
}
