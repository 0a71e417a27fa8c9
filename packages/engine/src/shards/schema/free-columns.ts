import pg from 'pg'
import sql from 'sql-template-tag'
import { shardOfCitus } from '../../database/database-url.ts'
import { repeatWhileLocked } from '../../database/repeat-while-locked.ts'
import { nodesOf, onNode } from '../nodes/nodes-of.ts'
import type { FreedColumns } from '../plans/statement-plan.ts'
import { kindOf } from '../tables/table-kinds.ts'

export type Freeing = { coordinator: pg.Client; ownerUrl: string; frees: readonly FreedColumns[] }

/**
 * Replaces columns that are about to be dropped by nulls in the views of all shards. The functions of the previous
 * release do not read them. Idempotent.
 */
export async function freeColumns({ coordinator, ownerUrl, frees }: Freeing): Promise<void> {
  for (const node of await nodesOf(coordinator, ownerUrl)) {
    const { rows } = await onNode(node, (client) =>
      client.query<{ schema: string }>(
        sql`select nspname as schema from pg_namespace where nspname ~ ${shardOfCitus.source} order by 1`,
      ),
    )
    for (const { schema } of rows) {
      await repeatWhileLocked(() =>
        onNode(node, async (client) => {
          for (const freed of frees) await freeInSchema(client, schema, freed)
        }),
      )
    }
  }
}

/** @param client in a transaction on the node of the shard */
export async function freeInSchema(client: pg.ClientBase, schema: string, { table, columns }: FreedColumns) {
  const view = `${schema}.${table}`
  const { rows } = await client.query<{ name: string; type: string; relation: string | null }>(sql`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
           (select distinct d.refobjid::regclass::text
              from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
              join pg_class c on c.oid = d.refobjid and d.refclassid = 'pg_class'::regclass
             where r.ev_class = a.attrelid and c.oid <> a.attrelid and c.relkind in ('r', 'p')) as relation
      from pg_attribute a
     where a.attrelid = to_regclass(${view}) and a.attnum > 0 and not a.attisdropped order by a.attnum`)
  const relation = rows[0]?.relation
  // It is not there, or is free already.
  if (relation === null || relation === undefined) return
  const isFreed = ({ name }: { name: string }) => columns === null || columns.includes(name)
  const list = rows.map((column) => {
    const name = pg.escapeIdentifier(column.name)
    return isFreed(column) ? `null::${column.type} as ${name}` : name
  })
  // A view with an offset takes no writes, as those of reference tables.
  const offset = kindOf(table) === 'reference' ? ' offset 0' : ''
  const rest = columns === null ? 'where false' : `from ${relation}${offset}`
  await client.query(`
    create or replace view ${view} as select ${list.join(', ')} ${rest};
    comment on view ${view} is 'Without columns that are dropped'`)
}
