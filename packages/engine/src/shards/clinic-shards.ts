import type pg from 'pg'
import sql from 'sql-template-tag'
import { DatabaseUnavailable } from '../database/database-unavailable.ts'
import { inTransaction } from '../database/pools.ts'
import { digestUuid } from '../model/digest-uuid.ts'
import type { WriteKey } from '../model/stored-responses.ts'
import { runOnce } from '../stored-responses/run-once.ts'

/** Where a clinic is. `shardNo`: 0 is the directory. */
export type ClinicShard = { clinicNo: number; shardNo: number }

/** How late a note may become visible that was made before another one. */
const visibleWithin = '1 minute'

/**
 * Where all clinics are, or those whose place was noted since a time, and some before it.
 *
 * @param directory as the application
 * @returns `until`: for the next call
 */
export async function readClinicShards(
  directory: pg.Pool,
  since: string | null = null,
): Promise<{ places: (ClinicShard & { isMoving: boolean })[]; until: string }> {
  const { rows } = await directory.query<ClinicShard & { isMoving: boolean; until: string }>(sql`
    select clinic_no as "clinicNo", shard_no as "shardNo", moving_to is not null as "isMoving",
           clock_timestamp()::text as until
      from holdfast.clinic_shard
     where ${since}::timestamptz is null or changed_at > ${since}::timestamptz - ${visibleWithin}::interval`)
  const places = rows.map(({ until: _, ...place }) => place)
  return { places, until: rows[0]?.until ?? since ?? '-infinity' }
}

/** The clinics that are being moved, or whose move was interrupted. @param directory as the application */
export async function movingClinics(directory: pg.Pool): Promise<{ clinicNo: number; from: number; to: number }[]> {
  const { rows } = await directory.query<{ clinicNo: number; from: number; to: number }>(sql`
    select clinic_no as "clinicNo", shard_no as "from", moving_to as "to" from holdfast.clinic_shard
     where moving_to is not null order by clinic_no`)
  return rows
}

/** The number of the database that has a clinic; null: none. @param directory as the application */
export async function findClinicShard(directory: pg.Pool, clinicNo: number): Promise<number | null> {
  return (await findClinicPlace(directory, clinicNo))?.shardNo ?? null
}

/** The same, and whether it is being moved. */
export async function findClinicPlace(
  directory: pg.Pool,
  clinicNo: number,
): Promise<{ shardNo: number; isMoving: boolean } | null> {
  const { rows } = await directory.query<{ shardNo: number; isMoving: boolean }>(sql`
    select shard_no as "shardNo", moving_to is not null as "isMoving"
      from holdfast.clinic_shard where clinic_no = ${clinicNo}`)
  return rows[0] ?? null
}

/**
 * Draws the number of a new clinic in the directory, and notes in which database it will be. A note of a clinic that is
 * not created after all means nothing.
 *
 * A repetition with the key of the request gets the same number and the same database, where it finds what was
 * created. Another request with the key gets them too: the database refuses the key.
 *
 * @param directory as the application
 * @param shardNo the database for a clinic whose number was not drawn before
 * @throws DatabaseUnavailable if this database is drained: another one gets the clinic at the next try
 */
export async function placeClinic(directory: pg.Pool, writeKey: WriteKey, shardNo: number): Promise<ClinicShard> {
  const id = writeKey === null ? null : digestUuid(`holdfast.clinic_no ${writeKey.key}`)
  const once = { writeKey: id === null ? null : { key: id, requestHash: id }, clinicNo: null }
  const placed = await inTransaction(directory, (transaction) =>
    runOnce(transaction, once, async () => ({ clinicNo: await drawClinicNo(transaction, shardNo), shardNo })),
  )
  if (placed.kind === 'key_reused') throw new Error('The digest of a key is that of another request.')
  return placed.value
}

/**
 * Draws the number of a new clinic, and notes where it will be, in a transaction of the directory.
 *
 * @throws DatabaseUnavailable if that database is drained
 */
export async function drawClinicNo(transaction: pg.PoolClient, shardNo: number): Promise<number> {
  const { rows } = await transaction.query<{ clinicNo: number | null }>(
    sql`select holdfast.place_clinic(${shardNo}) as "clinicNo"`,
  )
  const clinicNo = rows[0]?.clinicNo ?? null
  if (clinicNo !== null) return clinicNo
  const message = `The database ${shardNo} of the installation gets no new clinics.`
  throw new DatabaseUnavailable(message, { outcomeUnknown: false, cause: undefined })
}

/**
 * How many bookings of a database were made within a month. They are counted, as statistics may be missing or old; the
 * ids bound what is read to two partitions.
 *
 * @param shard as the owner or application
 */
export async function recentBookings(shard: pg.Pool): Promise<number> {
  const { rows } = await shard.query<{ bookings: number }>(sql`
    select count(*)::float8 as bookings from holdfast.booking
     where id >= holdfast.id_floor(now() - interval '1 month')`)
  return rows[0]?.bookings ?? 0
}

/** The numbers of the databases that get no new clinics. @param directory as the owner or application */
export async function drainedShards(directory: pg.Pool): Promise<Set<number>> {
  const { rows } = await directory.query<{ no: number }>(
    sql`select no from holdfast.shard where drained_at is not null`,
  )
  return new Set(rows.map(({ no }) => no))
}
