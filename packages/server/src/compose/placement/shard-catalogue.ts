import { createPool } from '@holdfast/engine'
import { nodesOf } from '@holdfast/engine/nodes-of'
import { readShards, type Shard } from '@holdfast/engine/shards'
import type { Refusals } from '@holdfast/engine/write-shard-schemas'
import type pg from 'pg'
import { oneAtATime } from '../../lifecycle/one-at-a-time.ts'
import { dropFormerShards } from './drop-former-shards.ts'
import { type OnNode, unreachableNodes } from './unreachable-nodes.ts'
import { writeShards } from './write-shards.ts'

/** Where the shards of a distributed database are. */
export type ShardCatalogue = {
  /** @param coordinator as the application */
  read(coordinator: pg.Pool): Promise<Shard[]>
  /** Those whose nodes cannot be used now, each with the reason. */
  unreachable<Of extends OnNode>(ownerUrl: string, all: readonly Of[]): Promise<Map<Of, Error>>
  /**
   * Writes these schemas, and their job queues, onto the nodes that have the shards. Idempotent.
   *
   * @returns those that were refused, with the reasons
   */
  write(ownerUrl: string, schemas: readonly string[]): Promise<Refusals>
  /**
   * Drops what moved shards have left on their former nodes. Idempotent.
   *
   * @throws Error of what could not be dropped; AggregateError if a node cannot be used: nothing is dropped then
   */
  dropFormer(ownerUrl: string): Promise<void>
}

const followWaitMs = 2_000

/** What Citus knows. */
export const catalogueOfCitus: ShardCatalogue = {
  read: readShards,
  unreachable: (ownerUrl, all) => unreachableNodes(ownerUrl, all, followWaitMs),
  write: (ownerUrl, schemas) => oneAtATime(ownerUrl, () => writeShards(ownerUrl, schemas)),
  async dropFormer(ownerUrl) {
    // Waiting for a node would keep others from starting.
    await checkAllNodes(ownerUrl)
    await oneAtATime(ownerUrl, () => dropFormerShards(ownerUrl))
  },
}

async function checkAllNodes(ownerUrl: string): Promise<void> {
  const coordinator = createPool({ url: ownerUrl, max: 1, name: 'holdfast shards' })
  const nodes = await nodesOf(coordinator, ownerUrl).finally(() => coordinator.end())
  const unreachable = await unreachableNodes(ownerUrl, nodes, followWaitMs)
  if (unreachable.size === 0) return
  const reasons = Array.from(unreachable, ([{ host, port }, { message }]) => `${host}:${port}: ${message}`)
  throw new AggregateError(unreachable.values(), reasons.join('; '))
}
