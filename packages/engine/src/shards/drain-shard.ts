import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import { directoryNo } from '../database/shard-mark.ts'

/** How long the transactions that note new clinics are waited for. They take milliseconds. */
const notesWithin = '5s'
/** A request that is repeated with its key gets the same number for a day. Then nobody creates the clinic any more. */
const createdWithin = '25 hours'

/**
 * From its return on, no new clinic is placed in the database, until {@link undrainShard}. Idempotent.
 *
 * @param directory as the owner
 * @throws the driver's error 55P03 if a transaction that notes a clinic does not end
 */
export async function drainShard(directory: pg.Pool, shardNo: number): Promise<void> {
  await directory.query(sql`update holdfast.shard set drained_at = coalesce(drained_at, now()) where no = ${shardNo}`)
  // A transaction that has noted a clinic without seeing this has committed by then (place_clinic.sql).
  await inTransaction(directory, async (transaction) => {
    await transaction.query(sql`select set_config('lock_timeout', ${notesWithin}, true)`)
    await transaction.query('lock table holdfast.clinic_shard in share mode')
  })
}

/** The database gets new clinics again. @param directory as the owner */
export async function undrainShard(directory: pg.Pool, shardNo: number): Promise<void> {
  await directory.query(sql`update holdfast.shard set drained_at = null where no = ${shardNo}`)
}

/**
 * Notes in the directory the clinics that were to be created in a drained database and were not within a day. One in
 * which somebody has a role existed, and stays noted where it was lost.
 *
 * @param directory as the owner
 * @param clinicNos the clinics that the database has
 * @returns those that are still noted in the database, or as moving there
 */
export async function releaseNotes(
  directory: pg.Pool,
  shardNo: number,
  clinicNos: readonly number[],
): Promise<number[]> {
  await directory.query(sql`
    update holdfast.clinic_shard c set shard_no = ${directoryNo}, changed_at = clock_timestamp()
     where c.shard_no = ${shardNo} and c.moving_to is null and c.clinic_no <> all (${clinicNos}::integer[])
       and c.changed_at < clock_timestamp() - ${createdWithin}::interval
       and not exists (select from holdfast.account_clinic a where a.clinic_no = c.clinic_no)`)
  const { rows } = await directory.query<{ no: number }>(sql`
    select clinic_no as no from holdfast.clinic_shard where shard_no = ${shardNo} or moving_to = ${shardNo}`)
  return rows.map(({ no }) => no)
}
