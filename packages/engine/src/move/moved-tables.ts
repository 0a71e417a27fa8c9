import type pg from 'pg'
import sql from 'sql-template-tag'

/** A table as a whole, with its partitions. */
export type MovedTable = {
  schema: string
  name: string
  /** The columns that are not generated. */
  columns: string[]
  hasTriggers: boolean
  partitions: { name: string; bound: string; withoutStatistics: string[] }[]
  /** Tables that have to be filled before it. */
  references: string[]
}

export function tableName({ schema, name }: Pick<MovedTable, 'schema' | 'name'>): string {
  return `${schema}.${name}`
}

/** The tables of these schemas, in an order in which each comes after those that it refers to. */
export async function readTables(client: pg.Client, schemas: readonly string[]): Promise<MovedTable[]> {
  const { rows } = await client.query<MovedTable>(sql`
    select n.nspname as schema, c.relname as name,
           (select coalesce(array_agg(a.attname::text order by a.attnum), '{}') from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
           exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as "hasTriggers",
           (select coalesce(jsonb_agg(jsonb_build_object(
                     'name', p.relname, 'bound', pg_get_expr(p.relpartbound, p.oid),
                     'withoutStatistics', (select coalesce(jsonb_agg(a.attname), '[]') from pg_attribute a
                                            where a.attrelid = p.oid and a.attstattarget = 0))
                     order by p.relname), '[]')
              from pg_inherits i join pg_class p on p.oid = i.inhrelid where i.inhparent = c.oid) as partitions,
           (select coalesce(array_agg(distinct rn.nspname || '.' || r.relname), '{}')
              from pg_constraint f join pg_class r on r.oid = f.confrelid
              join pg_namespace rn on rn.oid = r.relnamespace
             where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid
               and not r.relispartition) as "references"
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any(${schemas}) and c.relkind in ('r', 'p') and not c.relispartition
     order by n.nspname, c.relname`)
  return inOrder(rows)
}

function inOrder(tables: readonly MovedTable[]): MovedTable[] {
  const ordered: MovedTable[] = []
  const done = new Set<string>()
  let waiting = [...tables]
  while (waiting.length > 0) {
    const ready = waiting.filter(({ references }) => references.every((name) => done.has(name)))
    if (ready.length === 0) throw new Error(`Tables refer to each other: ${waiting.map(tableName).join(', ')}`)
    for (const table of ready) done.add(tableName(table))
    ordered.push(...ready)
    waiting = waiting.filter((table) => !done.has(tableName(table)))
  }
  return ordered
}
