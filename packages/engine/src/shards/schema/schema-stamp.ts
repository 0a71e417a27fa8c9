import { createHash } from 'node:crypto'
import pg from 'pg'
import sql from 'sql-template-tag'

export type StampedSchema = {
  /** The shard of each table, qualified. */
  relations: readonly string[]
  /** Whatever else the schema is written from. */
  source: unknown
}

/**
 * Says of which tables and from what the schema of a shard is written. A shard that comes back to a node has other
 * tables there, without triggers, and the views of its former schema are gone: so the stamp has the tables' numbers.
 *
 * @param client on the node, where shards can be seen
 * @returns null: not all tables are there
 */
export async function stampOf(client: pg.ClientBase, { relations, source }: StampedSchema): Promise<string | null> {
  const { rows } = await client.query<{ oid: string | null }>(sql`
    select to_regclass(relation)::oid::text as oid from unnest(${relations}::text[]) relation`)
  const oids = rows.map(({ oid }) => oid)
  if (oids.includes(null)) return null
  const digest = createHash('sha256').update(JSON.stringify([relations, oids, source]))
  return `Written from ${digest.digest('base64url')}`
}

/** Whether the schema has this stamp, and so need not be written, which would lock it. */
export async function hasStamp(client: pg.ClientBase, schema: string, stamp: string | null): Promise<boolean> {
  if (stamp === null) return false
  const { rows } = await client.query<{ comment: string | null }>(sql`
    select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = ${schema}`)
  return rows[0]?.comment === stamp
}

/** @param client in the transaction that has written the schema */
export async function writeStamp(client: pg.ClientBase, schema: string, stamp: string | null): Promise<void> {
  if (stamp === null) return
  await client.query(`comment on schema ${pg.escapeIdentifier(schema)} is ${pg.escapeLiteral(stamp)}`)
}
