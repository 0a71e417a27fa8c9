import sql from 'sql-template-tag'
import { createPool } from '../database/pools.ts'
import { type Place, placeUrl } from './read-places.ts'
import { tableKinds } from './table-kinds.ts'

/**
 * The shards whose schema is missing on its node, or is not complete or not of this release: after a move or a split,
 * and after an interruption. Where a shard is moved away and back, its views have gone with its tables.
 *
 * Unlike writing a schema again, this locks nothing, so it does not disturb servers that use it.
 *
 * @param ownerUrl of the coordinator
 * @param urlOf of a place. Tests pass another one: their server listens on a socket alone.
 * @returns their schemas
 */
export async function findUnwrittenShards(
  ownerUrl: string,
  places: readonly Place[],
  urlOf = placeUrl,
): Promise<string[]> {
  const expected = await functionsOf(ownerUrl, 'holdfast')
  const unwritten: string[] = []
  for (const place of places) {
    const found = await functionsOf(urlOf(ownerUrl, place), place.schema)
    if (found === null || found !== expected) unwritten.push(place.schema)
  }
  return unwritten
}

/** Which functions a schema has, by their files; null: it is not complete. */
async function functionsOf(url: string, schema: string): Promise<string | null> {
  const pool = createPool({ url, max: 1, name: 'holdfast shards' })
  // Written last, in the same transaction.
  const tables = [...Object.keys(tableKinds), ...(schema === 'holdfast' ? [] : ['shard_range'])]
  try {
    const { rows } = await pool.query<{ isComplete: boolean }>(sql`
      select count(*) = cardinality(${tables}::text[]) as "isComplete"
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = ${schema} and c.relname = any (${tables})`)
    if (rows[0]?.isComplete !== true) return null
    const { rows: files } = await pool.query<{ digest: string }>(sql`
      select coalesce(md5(string_agg(name || ' ' || checksum, ',' order by name)), '') as digest
        from holdfast.function_file`)
    return files[0]?.digest ?? null
  } finally {
    await pool.end()
  }
}
