import type pg from 'pg'
import sql from 'sql-template-tag'

/** Whether the tables are distributed over the nodes of Citus. Any login can call it. */
export async function isDistributed(connection: pg.Pool | pg.Client): Promise<boolean> {
  // to_regclass would need a right to the schema.
  const { rowCount } = await connection.query(sql`
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'holdfast' and c.relname = 'shard_trigger'`)
  return rowCount === 1
}
