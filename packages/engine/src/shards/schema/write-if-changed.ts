import { createHash } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'

/** What a shard has of a kind, by its comment. */
type Written = {
  kind: 'view' | 'trigger'
  /** As `comment on` names it. */
  name: string
  catalogue: 'pg_class' | 'pg_trigger'
  /** Selects its number in the catalogue, or null. */
  oid: string | null
  /** Whatever it is written from. */
  source: unknown
}

/**
 * Writes a view or a trigger, unless its comment says that it was written from the same: else each update would lock
 * all tables, and deadlock with servers.
 *
 * @returns whether it was written
 */
export async function writeIfChanged(
  client: pg.ClientBase,
  { kind, name, catalogue, oid, source }: Written,
  write: () => Promise<void>,
): Promise<boolean> {
  const stamp = `Written from ${createHash('sha256').update(JSON.stringify(source)).digest('base64url')}`
  if (oid !== null) {
    const { rows } = await client.query<{ comment: string | null }>(
      sql`select obj_description(${oid}::oid, ${catalogue}) as comment`,
    )
    if (rows[0]?.comment === stamp) return false
  }
  await write()
  await client.query(`comment on ${kind} ${name} is '${stamp}'`)
  return true
}
