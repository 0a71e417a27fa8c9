import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * Lets PostgreSQL collect no statistics of these columns of a table and its partitions: they would have values of
 * patients. Citus creates the partitions of shards without this setting, at each move again.
 */
export async function omitStatistics(client: pg.Client, relation: string, columns: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(sql`
    select format('alter table %s alter column %I set statistics 0', a.attrelid::regclass, a.attname) as statement
      from pg_attribute a
     where a.attname = any (${columns}) and a.attstattarget is distinct from 0
       and (a.attrelid = ${relation}::regclass
            or a.attrelid in (select inhrelid from pg_inherits where inhparent = ${relation}::regclass))`)
  for (const { statement } of rows) await client.query(statement)
}
