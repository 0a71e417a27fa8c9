import { failureOn, nodesOf } from '@holdfast/engine/nodes-of'
import { readShards, type Shard } from '@holdfast/engine/shards'
import { throwAll } from '@holdfast/engine/throw-all'
import type { Refusals } from '@holdfast/engine/write-shard-schemas'
import type pg from 'pg'
import { oneAtATime } from '../../lifecycle/one-at-a-time.ts'
import { type AwayNodes, awayNodes } from './away-nodes.ts'
import { dropFormerShards } from './drop-former-shards.ts'
import { writeShards } from './write-shards.ts'

/** Where the shards of a distributed database are. */
export type ShardCatalogue = {
  /** @param coordinator as the application */
  read(coordinator: pg.Pool): Promise<Shard[]>
  /** The nodes that cannot be used now. @param coordinator as the application */
  away(ownerUrl: string, coordinator: pg.Pool): Promise<AwayNodes>
  /**
   * Writes these schemas, and their job queues, onto the nodes that have the shards. Idempotent.
   *
   * @param away nodes that need not be queried
   * @returns those that were refused, with the reasons
   */
  write(ownerUrl: string, schemas: readonly string[], away: AwayNodes): Promise<Refusals>
  /**
   * Drops what moved shards have left on their former nodes. Idempotent.
   *
   * @param coordinator as the application
   * @throws Error of what could not be dropped; AggregateError if a node cannot be used: nothing is dropped then
   */
  dropFormer(ownerUrl: string, coordinator: pg.Pool): Promise<void>
}

const followWaitMs = 2_000

/** What Citus knows. */
export const catalogueOfCitus: ShardCatalogue = {
  read: readShards,
  away: awayOfCitus,
  async write(ownerUrl, schemas, away) {
    const { refused } = await oneAtATime(ownerUrl, () => writeShards(ownerUrl, { only: schemas, away }))
    return refused
  },
  async dropFormer(ownerUrl, coordinator) {
    // Waiting for a node would keep others from starting.
    const away = await awayOfCitus(ownerUrl, coordinator)
    throwAll(Array.from(away, ([node, cause]) => failureOn(node, cause)))
    await oneAtATime(ownerUrl, () => dropFormerShards(ownerUrl))
  },
}

async function awayOfCitus(ownerUrl: string, coordinator: pg.Pool): Promise<AwayNodes> {
  return awayNodes(ownerUrl, await nodesOf(coordinator, ownerUrl), followWaitMs)
}
