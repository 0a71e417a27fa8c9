import { createPool } from '@holdfast/engine'
import { continueClinicNumbers, noteAccountClinics } from '@holdfast/engine/note-account-clinics'
import { notPassedOn, readShards, type Shard, shardUrl } from '@holdfast/engine/shards'
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
 * @returns the shards that were refused, by their schemas, with the reasons. They keep no other from being written
 */
export async function writeShards(ownerUrl: string, only: readonly string[] | null = null): Promise<Refusals> {
  const coordinator = createPool({ url: ownerUrl, max: 1, name: 'holdfast shards' })
  const failed = new Map<string, string>()
  const each = async (shards: readonly Shard[], work: (shard: Shard) => Promise<void>) => {
    for (const shard of shards) {
      await work(shard).catch((error: unknown) => {
        const { schema, host, port } = shard
        const message = error instanceof Error ? error.message : String(error)
        failed.set(schema, `The shard ${schema} cannot be used on ${host}:${port}: ${message}`)
      })
    }
    return shards.filter(({ schema }) => !failed.has(schema)).map(({ schema }) => schema)
  }
  try {
    const shards = await readShards(coordinator)
    const wanted = shards.filter(({ schema }) => only === null || only.includes(schema))
    // First: requests go on as soon as the schema is written.
    const withJobs = await each(wanted, (shard) => migrateJobs(shardUrl(ownerUrl, shard), notPassedOn))
    const { written, refused } = await writeShardSchemas(ownerUrl, { only: withJobs })
    const isWritten = ({ schema }: Shard) => written.some((one) => one.schema === schema)
    const now = await readShards(coordinator)
    await each(now.filter(isWritten), (shard) => noteOfShard(coordinator, shardUrl(ownerUrl, shard)))
    return new Map([...refused, ...failed])
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
