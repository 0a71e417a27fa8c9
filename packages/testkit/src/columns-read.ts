import pg from 'pg'
import type { BuilderDatabase } from './builders.ts'
import { rolledBack } from './rolled-back.ts'

/** A statement as `sql` templates are: text with `$1`, `$2` and so on, and their values. */
type Statement = { text: string; values: readonly unknown[] }

/**
 * The columns that queries read, as PostgreSQL itself records them for views: also those of conditions, and none that
 * only has the name of another one.
 *
 * @param tables `schema.table`; a table that is not read has none
 * @param searchPath of names without a schema
 * @returns `read`, and `all` that the tables have: `table.column`, sorted
 */
export async function columnsRead(
  { ownerPool }: BuilderDatabase,
  {
    statements,
    tables,
    searchPath,
  }: { statements: readonly Statement[]; tables: readonly string[]; searchPath: string },
): Promise<{ read: string[]; all: string[] }> {
  return rolledBack(ownerPool, async (client) => {
    await client.query(`set local search_path = ${searchPath}`)
    for (const [index, statement] of statements.entries()) {
      await client.query(`create temporary view columns_read_${index} as ${withLiterals(statement)}`)
    }
    const { rows } = await client.query<{ name: string; isRead: boolean }>(
      `select format('%s.%s', c.relname, a.attname) as name,
              exists (select from pg_depend d join pg_rewrite r on r.oid = d.objid
                        join pg_class v on v.oid = r.ev_class
                       where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
                         and d.refobjid = c.oid and d.refobjsubid = a.attnum
                         and v.relnamespace = pg_my_temp_schema() and starts_with(v.relname, 'columns_read_'))
                as "isRead"
         from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.oid = any ($1::regclass[]) and a.attnum > 0 and not a.attisdropped`,
      [tables],
    )
    const names = (selected: typeof rows) => selected.map(({ name }) => name).toSorted()
    return { read: names(rows.filter(({ isRead }) => isRead)), all: names(rows) }
  })
}

/** Views have no parameters. */
function withLiterals({ text, values }: Statement): string {
  return text.replaceAll(/\$(\d+)/g, (_, place: string) => literal(values[Number(place) - 1]))
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.join(',')}}` : String(value))
}
