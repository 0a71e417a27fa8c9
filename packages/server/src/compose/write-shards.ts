import { createPool } from '@holdfast/engine'
import { readShards, shardUrl } from '@holdfast/engine/shards'
import { writeShardSchemas } from '@holdfast/engine/write-shard-schemas'
import { migrateJobs } from '../jobs/jobs-schema.ts'

/**
 * Writes the schema of each shard, and its job queue, where it is not written: after a move, on the new node.
 * Idempotent. Only one process may run it at a time.
 *
 * @param only the schemas of some shards; null: of all
 */
export async function writeShards(ownerUrl: string, only: readonly string[] | null = null): Promise<void> {
  const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast shards' })
  const shards = await readShards(pool).finally(() => pool.end())
  const wanted = shards.filter(({ schema }) => only === null || only.includes(schema))
  // First: requests go on as soon as the schema is written.
  for (const shard of wanted) await migrateJobs(shardUrl(ownerUrl, shard))
  await writeShardSchemas(ownerUrl, only)
}
