import { randomUUID } from 'node:crypto'
import { inShard } from '@holdfast/engine'
import { readShards, shardOf } from '@holdfast/engine/shards'
import { jobsSchemaOf } from '@holdfast/server/jobs-schema'
import { lapseHolds, takenOf, until } from '@holdfast/testkit'
import type pg from 'pg'
import { claimUntilAnswered } from './server-load.ts'
import { onShard, type SceneSlot } from './server-scene.ts'

const waitMs = 60_000

/** Lets a hold lapse in each shard, and its queue expire it. */
export async function expireHolds(
  ownerUrl: string,
  coordinator: pg.Pool,
  urls: readonly string[],
  slots: readonly SceneSlot[],
): Promise<{ lapsed: number; expired: number }> {
  const holds = { lapsed: 0, expired: 0 }
  const shards = await readShards(coordinator)
  for (const shard of shards) {
    const slot = slots.find(({ clinicNo }) => shardOf(shards, clinicNo) === shard)
    if (slot === undefined) continue
    await claimUntilAnswered(urls, slot.id, { key: randomUUID(), first: 0, isConfirmed: false }, {})
    await onShard(ownerUrl, shard, async (ownerPool) => {
      const [before = 0] = await takenOf({ ownerPool }, slot)
      holds.lapsed += await lapseHolds({ ownerPool }, slot)
      await ownerPool.query(
        `select ${jobsSchemaOf(inShard(ownerUrl, shard.schema))}.add_job('sweep', job_key => 'sweep')`,
      )
      const isExpired = await until(
        async () => ((await takenOf({ ownerPool }, slot))[0] === before - 1 ? true : undefined),
        () => `the hold in ${shard.schema} to expire`,
        waitMs,
      ).catch(() => false)
      if (isExpired) holds.expired += 1
    })
  }
  return holds
}
