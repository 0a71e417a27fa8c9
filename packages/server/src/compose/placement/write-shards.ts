import { createPool } from '@holdfast/engine'
import { continueClinicNumbers, noteAccountClinics } from '@holdfast/engine/note-account-clinics'
import { notPassedOn, readShards, shardUrl } from '@holdfast/engine/shards'
import { type Refusals, writeShardSchemas } from '@holdfast/engine/write-shard-schemas'
import type pg from 'pg'
import { migrateJobs } from '../../jobs/jobs-schema.ts'

/**
 * Writes the schema of each shard, and its job queue, where it is not written: after a move, on the new node. Then
 * notes the roles in it on the coordinator, where that is missing: one without a note has no effect, and second factors
 * of its account are not protected as those of a clinic's people. A restored coordinator lacks the latest, and would
 * draw numbers of clinics again.
 *
 * Idempotent. Only one process may run it at a time.
 *
 * @param only the schemas of some shards; null: of all
 * @returns the shards that were refused, by their schemas, with the reasons
 */
export async function writeShards(ownerUrl: string, only: readonly string[] | null = null): Promise<Refusals> {
  const coordinator = createPool({ url: ownerUrl, max: 1, name: 'holdfast shards' })
  try {
    const shards = await readShards(coordinator)
    const wanted = shards.filter(({ schema }) => only === null || only.includes(schema))
    // First: requests go on as soon as the schema is written.
    for (const shard of wanted) await migrateJobs(shardUrl(ownerUrl, shard), notPassedOn)
    const { refused } = await writeShardSchemas(ownerUrl, { only })
    for (const shard of await readShards(coordinator)) {
      const isWritten = wanted.some(({ schema }) => schema === shard.schema) && !refused.has(shard.schema)
      if (isWritten) await noteOfShard(coordinator, shardUrl(ownerUrl, shard))
    }
    return refused
  } finally {
    await coordinator.end()
  }
}

/** What a restored coordinator lacks. */
async function noteOfShard(coordinator: pg.Pool, url: string): Promise<void> {
  const shard = createPool({ url, max: 1, name: 'holdfast shards' })
  try {
    await noteAccountClinics(coordinator, shard)
    await continueClinicNumbers(coordinator, shard)
  } finally {
    await shard.end()
  }
}
