import type pg from 'pg'
import sql from 'sql-template-tag'
import { tablesOfKind } from '../tables/table-kinds.ts'

export type SequencesOfShard = { coordinator: pg.Client; schema: string; relationOf(table: string): string }

/**
 * Sequences of columns of the distributed tables, some of which fill several columns: shards of tables have none. One
 * that is in use goes on; one that a shard brings back from another node continues after the numbers that it has.
 */
export async function writeSequences(client: pg.Client, shard: SequencesOfShard): Promise<void> {
  const { coordinator, schema, relationOf } = shard
  const { rows } = await coordinator.query<{ relation: string; column: string; name: string; isIdentity: boolean }>(sql`
    select table_name::text as relation, column_name::text as column, is_identity = 'YES' as "isIdentity",
           coalesce(substring(column_default from $$^nextval[(]'holdfast[.]([a-z_0-9]+)'$$),
                    table_name || '_' || column_name || '_seq') as name
      from information_schema.columns
     where table_schema = 'holdfast' and table_name = any (${tablesOfKind('distributed')})
       and (is_identity = 'YES' or column_default like 'nextval(%')`)
  for (const { relation, column, name, isIdentity } of rows) {
    const sequence = `${schema}.${name}`
    await client.query(`create sequence if not exists ${sequence}`)
    const { rows: defaults } = await client.query(sql`
      select from information_schema.columns
       where table_schema = ${schema} and table_name = ${relation} and column_name = ${column}
         and column_default is not null`)
    if (defaults.length === 0) {
      await client.query(`alter view ${schema}.${relation} alter column ${column} set default nextval('${sequence}')`)
    }
    // Never back: a server may have drawn the next one.
    await client.query(`
      select setval('${sequence}', used.largest)
        from (select max(${column}) as largest from ${relationOf(relation)}) used
       where used.largest > (select last_value from ${sequence})`)
    // Whoever may insert a row draws the number of an identity column, without a right to its sequence.
    if (isIdentity) await client.query(`grant usage on sequence ${sequence} to holdfast_app`)
  }
}
