import type pg from 'pg'
import sql from 'sql-template-tag'
import type { DatabasePool } from '../database/database-pool.ts'
import { createPool, type PoolSettings, withPool } from '../database/pools.ts'
import { checkMark, directoryNo, type ExpectedShard, readMark, ShardRefused } from '../database/shard-mark.ts'
import type { NamedUrl } from '../move/move-connections.ts'
import type { MoveEnd } from '../move/move-refusals.ts'

/** The number of a shard that was registered before; null: it was not. @param directory as the owner or application */
export async function registeredShardNo(directory: pg.Pool | pg.PoolClient, name: string): Promise<number | null> {
  const { rows } = await directory.query<{ no: number }>(sql`select no from holdfast.shard where name = ${name}`)
  return rows[0]?.no ?? null
}

/**
 * A database that the directory knows, and the settings lack. `name` null: it is not registered any more. `clinics`:
 * how many are noted there.
 */
export type MissingShard = { no: number; name: string | null; clinics: number }

/**
 * The databases that the directory knows, and the settings lack. One that was drained and has no clinics, nor one that
 * is being moved, was taken out.
 *
 * @param directory as the owner or application
 * @param names of HOLDFAST_SHARDS
 */
export async function missingShards(directory: pg.Pool, names: readonly string[]): Promise<MissingShard[]> {
  const { rows } = await directory.query<MissingShard>(sql`
    select n.no, s.name, count(c.clinic_no)::integer as clinics
      from (select no from holdfast.shard where drained_at is null
            union select place.no from holdfast.clinic_shard, unnest(array[shard_no, moving_to, old_rows_in]) place(no)
                   where place.no <> ${directoryNo}) n
      left join holdfast.shard s on s.no = n.no
      left join holdfast.clinic_shard c on c.shard_no = n.no
     where s.name is null or s.name <> all (${names}::text[])
     group by n.no, s.name
     order by n.no`)
  return rows
}

/** A missing database in a message. */
export function describeMissing({ no, name, clinics }: MissingShard): string {
  return `${name === null ? `the database ${no}` : `${name} (the database ${no})`} with ${clinics} clinics`
}

/**
 * What a database of HOLDFAST_SHARDS has to be: the one that the directory has registered with its name.
 *
 * @param directory as the owner, migrated
 * @throws ShardRefused if DATABASE_URL is that of a shard
 */
export async function expectedShard(directory: pg.Pool, name: string): Promise<ExpectedShard> {
  const own = await readMark(directory)
  refuseShardAsDirectory(own)
  const { rows } = await directory.query<{ no: number; name: string }>(sql`select no, name from holdfast.shard`)
  const no = rows.find((shard) => shard.name === name)?.no
  return {
    name,
    mark: own === null || no === undefined ? null : { installation: own.installation, no },
    nameOf: (mark) =>
      mark.installation === own?.installation ? rows.find((shard) => shard.no === mark.no)?.name : undefined,
  }
}

export const shardAsDirectory = 'DATABASE_URL is a shard of an installation. It has to be the URL of its directory.'

/** A shard would draw numbers of clinics that others have, and does not know where they are. */
export function refuseShardAsDirectory(own: { no: number } | null): void {
  if (own === null || own.no === directoryNo) return
  throw new ShardRefused(shardAsDirectory)
}

/**
 * A pool to a database of HOLDFAST_SHARDS. Each of its connections fails with ShardRefused where the URL leads to
 * another database than the one that is registered with this name.
 */
export function openShardPool(expected: ExpectedShard, settings: PoolSettings): DatabasePool {
  return createPool({ ...settings, onConnect: (client) => checkMark(client, expected) })
}

/**
 * Checks where the URL of a database of HOLDFAST_SHARDS leads, before it is used otherwise than by
 * {@link openShardPool}.
 *
 * @param directory as the owner
 * @throws ShardRefused; the driver's error if one of the two cannot be reached
 */
export async function checkShard(directory: pg.Pool, { name, url }: NamedUrl): Promise<void> {
  const expected = await expectedShard(directory, name)
  await withPool({ url, name: 'holdfast shard' }, (shard) => checkMark(shard, expected))
}

/**
 * The databases between which clinics are moved: the directory, and those of the settings that were registered.
 *
 * @param pool of the directory, as the owner
 */
export async function registeredEnds(
  pool: pg.Pool,
  directory: NamedUrl,
  others: readonly NamedUrl[],
): Promise<MoveEnd[]> {
  const own = await readMark(pool)
  const ends: MoveEnd[] = [{ name: directory.name, url: directory.url, no: directoryNo, mark: own }]
  for (const { name, url } of others) {
    const { mark, ...expected } = await expectedShard(pool, name)
    if (mark !== null) ends.push({ ...expected, url, no: mark.no, mark })
  }
  return ends
}
