import type { Shard } from '@holdfast/engine/shards'

/** The description of a shard that no database has. Its number is at the end of its schema's name. */
export function aShard(shardId: number, overrides: Partial<Shard> = {}): Shard {
  return {
    schema: `holdfast_${shardId}`,
    shardId,
    hashMin: 0,
    hashMax: 0,
    host: 'node',
    port: 5432,
    database: 'holdfast',
    ...overrides,
  }
}
