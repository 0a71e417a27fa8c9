import { withPool } from '@holdfast/engine'
import { continueClinicNumbers, noteAccountClinics } from '@holdfast/engine/note-account-clinics'
import { notPassedOn, readShards, type Shard, shardUrl } from '@holdfast/engine/shards'
import {
  ShardNotWritten,
  type WriteShardsOptions,
  type WrittenShards,
  writeShardSchemas,
} from '@holdfast/engine/write-shard-schemas'
import type pg from 'pg'
import { migrateJobs } from '../../jobs/jobs-schema.ts'

/**
 * Writes the schema of each shard, and its job queue, where it is not written: after a move, on the new node. Then
 * notes the roles in it on the coordinator, where that is missing: a role that is not noted grants nothing, and leaves
 * the second factors of its account unprotected. After a restore of the coordinator, recent notes are missing, and
 * clinic numbers would be used again.
 *
 * Idempotent. Only one process may run it at a time.
 *
 * @returns `refused`: as of {@link writeShardSchemas}, with those whose queue or roles failed. They keep no other shard
 *   from being written
 * @throws ShardNotWritten if all of them have failed
 */
export async function writeShards(
  ownerUrl: string,
  { only = null, ...options }: WriteShardsOptions = {},
): Promise<WrittenShards> {
  const failed = new Map<string, ShardNotWritten>()
  return withPool({ url: ownerUrl, name: 'holdfast shards' }, async (coordinator) => {
    const shards = await readShards(coordinator)
    const wanted = shards.filter(({ schema }) => only === null || only.includes(schema))
    // First: requests go on as soon as the schema is written.
    const withJobs = await inEach(wanted, failed, (shard) => migrateJobs(shardUrl(ownerUrl, shard), notPassedOn))
    const { written, refused } = await writeShardSchemas(ownerUrl, { ...options, only: withJobs })
    const isWritten = ({ schema }: Shard) => written.some((one) => one.schema === schema)
    const now = (await readShards(coordinator)).filter(isWritten)
    await inEach(now, failed, (shard) => noteOfShard(coordinator, shardUrl(ownerUrl, shard)))
    const ofFailed = Array.from(
      failed,
      ([schema, { message }]) => [schema, { reason: message, waitsFor: [], isFinal: false }] as const,
    )
    return { written, refused: new Map([...ofFailed, ...refused]) }
  })
}

/**
 * @param failed gets the failures, by the schemas
 * @returns the schemas of the shards where it did not fail
 * @throws the last failure, if there is no shard where it did not fail: the fault may be in none of them
 */
async function inEach(
  shards: readonly Shard[],
  failed: Map<string, ShardNotWritten>,
  work: (shard: Shard) => Promise<void>,
): Promise<string[]> {
  const done: string[] = []
  let failure: ShardNotWritten | null = null
  for (const shard of shards) {
    try {
      await work(shard)
      done.push(shard.schema)
    } catch (error) {
      failure = new ShardNotWritten(shard.schema, shard, error)
      failed.set(shard.schema, failure)
    }
  }
  if (failure !== null && done.length === 0) throw failure
  return done
}

/** What a restored coordinator lacks. */
async function noteOfShard(coordinator: pg.Pool, url: string): Promise<void> {
  await withPool({ url, name: 'holdfast shards' }, async (shard) => {
    await noteAccountClinics(coordinator, shard)
    await continueClinicNumbers(coordinator, shard)
  })
}
