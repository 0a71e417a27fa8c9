import { readShards, type Shard } from '@holdfast/engine/shards'
import type { Refusals } from '@holdfast/engine/write-shard-schemas'
import type pg from 'pg'
import { oneAtATime } from '../../lifecycle/one-at-a-time.ts'
import { dropFormerShards } from './drop-former-shards.ts'
import { unreachableShards } from './unreachable-shards.ts'
import { writeShards } from './write-shards.ts'

/** Where the shards of a distributed database are. */
export type ShardCatalogue = {
  /** @param coordinator as the application */
  read(coordinator: pg.Pool): Promise<Shard[]>
  /** Those of these shards whose nodes cannot be used now, each with the reason. */
  unreachable(ownerUrl: string, shards: readonly Shard[]): Promise<Map<Shard, Error>>
  /**
   * Writes these schemas, and their job queues, onto the nodes that have the shards. Idempotent.
   *
   * @returns those that were refused, with the reasons
   */
  write(ownerUrl: string, schemas: readonly string[]): Promise<Refusals>
  /** Drops what moved shards have left on their former nodes. Idempotent. */
  dropFormer(ownerUrl: string): Promise<void>
}

const followWaitMs = 2_000

/** What Citus knows. */
export const catalogueOfCitus: ShardCatalogue = {
  read: readShards,
  unreachable: (ownerUrl, shards) => unreachableShards(ownerUrl, shards, followWaitMs),
  write: (ownerUrl, schemas) => oneAtATime(ownerUrl, () => writeShards(ownerUrl, schemas)),
  dropFormer: (ownerUrl) => oneAtATime(ownerUrl, () => dropFormerShards(ownerUrl)),
}
