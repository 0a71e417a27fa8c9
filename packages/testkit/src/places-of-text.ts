import sql from 'sql-template-tag'
import type { BuilderDatabase } from './builders.ts'

/**
 * Searches the whole database for a text: every column of every row of every table, whatever its type, and the samples
 * of columns in the statistics. `bytea` is searched in hexadecimal. Case is ignored.
 *
 * @returns the places with a hit, `schema.table` or `statistics of schema.table.column`, sorted. A partition is named
 * like its parent.
 */
export async function placesOfText({ ownerPool }: BuilderDatabase, text: string): Promise<string[]> {
  const { rows: tables } = await ownerPool.query<{ leaf: string; name: string }>(`
    select c.oid::regclass::text as leaf,
           format('%s.%s', n.nspname, coalesce(p.relname, c.relname)) as name
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_inherits i on i.inhrelid = c.oid
      left join pg_class p on p.oid = i.inhparent
     where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`)
  const found = new Set<string>()
  for (const { leaf, name } of tables) {
    const hit = `select from ${leaf} t where strpos(lower(t::text), lower($1)) > 0 limit 1`
    const { rows } = await ownerPool.query(hit, [text])
    if (rows.length > 0) found.add(name)
  }
  const { rows: samples } = await ownerPool.query<{ name: string }>(sql`
    select format('statistics of %s.%s.%s', schemaname, tablename, attname) as name from pg_stats s
     where schemaname not in ('pg_catalog', 'information_schema') and strpos(lower(s::text), lower(${text})) > 0`)
  for (const { name } of samples) found.add(name)
  return [...found].sort()
}
