import { type WriteShardsOptions, type WrittenShard, writeShardSchemas } from '@holdfast/engine/write-shard-schemas'

/** Writes the schemas of shards where the shards are. @throws Error if one of them is refused */
export async function writtenShards(url: string, options: WriteShardsOptions = {}): Promise<WrittenShard[]> {
  const { written, refused } = await writeShardSchemas(url, options)
  if (refused.size > 0) throw new Error([...refused.values()].join(' '))
  return written
}
