import { createPool } from '@holdfast/engine'
import { type Shard, shardUrl } from '@holdfast/engine/shards'
import sql from 'sql-template-tag'

/**
 * Those whose nodes do not respond to the owner within `msMax`, refuse the login, or take no writes, because they are
 * standbys; each with the reason.
 */
export async function unreachableShards(
  ownerUrl: string,
  shards: readonly Shard[],
  msMax: number,
): Promise<Map<Shard, Error>> {
  const oneOfEach = new Map(shards.map((shard) => [nodeOf(shard), shard]))
  const failures = new Map<string, Error>()
  await Promise.all(
    Array.from(oneOfEach, async ([node, shard]) => {
      const failure = await failureAt(shardUrl(ownerUrl, shard), msMax)
      if (failure !== null) failures.set(node, failure)
    }),
  )
  return new Map(
    shards.flatMap((shard) => {
      const failure = failures.get(nodeOf(shard))
      return failure === undefined ? [] : [[shard, failure] as const]
    }),
  )
}

function nodeOf({ host, port }: Shard): string {
  return `${host}:${port}`
}

async function failureAt(url: string, msMax: number): Promise<Error | null> {
  const pool = createPool({ url, max: 1, name: 'holdfast start', connectTimeoutMs: msMax, queryTimeoutMs: msMax })
  try {
    const { rows } = await pool.query<{ isReadOnly: boolean }>(sql`
      select current_setting('transaction_read_only')::boolean as "isReadOnly"`)
    return rows[0]?.isReadOnly === false ? null : new Error('The node takes no writes.')
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    await pool.close(0)
  }
}
