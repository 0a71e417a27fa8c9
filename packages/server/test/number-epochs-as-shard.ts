import type { TestDatabase } from '@holdfast/testkit'

/**
 * Lets a plain database number the next epochs of its log as a shard does, from the shard's number × 10^10 + 1 on: see
 * `log_epoch_floor`. Call it before a tail starts.
 */
export async function numberEpochsAsShard({ ownerPool }: TestDatabase, shardId: number): Promise<void> {
  // The schema of a shard has the same constraint: write-shard-schema.ts.
  await ownerPool.query(`alter table holdfast.log_epoch drop constraint log_epoch_no_check,
    add constraint log_epoch_no_check check (no between 1 and 9007199254740991)`)
  await ownerPool.query("insert into holdfast.log_epoch (no, server, starts_at) values ($1, 'before', '3')", [
    shardId * 10_000_000_000,
  ])
}
