import { createPool, isConnectionLost } from '@holdfast/engine'
import { type Shard, shardUrl } from '@holdfast/engine/shards'

/** Those whose nodes respond to the owner within `msMax`. @throws the driver's error if a login is refused */
export async function reachedShards(ownerUrl: string, shards: readonly Shard[], msMax: number): Promise<Shard[]> {
  const oneOfEach = new Map(shards.map((shard) => [nodeOf(shard), shard]))
  const reached = await Promise.all(
    Array.from(oneOfEach, async ([node, shard]) => ((await responds(shardUrl(ownerUrl, shard), msMax)) ? node : null)),
  )
  return shards.filter((shard) => reached.includes(nodeOf(shard)))
}

function nodeOf({ host, port }: Shard): string {
  return `${host}:${port}`
}

async function responds(url: string, msMax: number): Promise<boolean> {
  const pool = createPool({ url, max: 1, name: 'holdfast start', connectTimeoutMs: msMax, queryTimeoutMs: msMax })
  try {
    await pool.query('select 1')
    return true
  } catch (error) {
    if (isConnectionLost(error)) return false
    throw error
  } finally {
    await pool.close(0)
  }
}
