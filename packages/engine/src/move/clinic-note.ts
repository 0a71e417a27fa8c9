import type pg from 'pg'
import sql from 'sql-template-tag'
import { MoveRefused } from './move-database.ts'

/**
 * Where the directory notes a clinic. `movingTo`: where it moves to; the same as `shardNo`: it has come there, and rows
 * are left that are to be deleted: those in `oldRowsIn`, or, where a person has chosen a copy, all others (null).
 */
export type NotedPlace = { shardNo: number; movingTo: number | null; oldRowsIn: number | null }

/**
 * How long rows stay where a clinic was, milliseconds: servers that do not learn within this time that it has moved do
 * not trust what they know (`Places` of the server).
 */
export const moveNoticeMs = 2_000

/** Until the connection ends. @throws MoveRefused if another call has the lock */
export async function lockMoves(directory: pg.Client, clinicNo: number): Promise<void> {
  const { rows } = await directory.query<{ taken: boolean }>(
    sql`select pg_try_advisory_lock(hashtextextended(${moveLock(clinicNo)}, 0)) as taken`,
  )
  if (rows[0]?.taken !== true) throw new MoveRefused('another call moves the clinic now')
}

/** The lock in the directory: one call moves a clinic. */
function moveLock(clinicNo: number): string {
  return `holdfast.move_clinic ${clinicNo}`
}

/** @throws MoveRefused if there is none */
export async function notedPlace(directory: pg.Client, clinicNo: number): Promise<NotedPlace> {
  const { rows } = await directory.query<NotedPlace>(sql`
    select shard_no as "shardNo", moving_to as "movingTo", old_rows_in as "oldRowsIn"
      from holdfast.clinic_shard where clinic_no = ${clinicNo}`)
  const [place] = rows
  if (place === undefined) throw new MoveRefused('the directory does not know the clinic')
  return place
}

/** Whether a database gets no clinics. */
export async function isDrained(directory: pg.Client, no: number): Promise<boolean> {
  const { rowCount } = await directory.query(
    sql`select from holdfast.shard where no = ${no} and drained_at is not null`,
  )
  return rowCount === 1
}

/** That the clinic moves, or, with null, that it does not any more. */
export async function noteMove(directory: pg.Client, clinicNo: number, movingTo: number | null): Promise<void> {
  await directory.query(sql`
    update holdfast.clinic_shard set moving_to = ${movingTo}, old_rows_in = null, changed_at = clock_timestamp()
     where clinic_no = ${clinicNo}`)
}

/** The point from which on the clinic is served by another database than `from`. */
export async function notePlace(
  directory: pg.Client,
  clinicNo: number,
  { from, to }: { from: number; to: number },
): Promise<void> {
  await directory.query(sql`
    update holdfast.clinic_shard set shard_no = ${to}, old_rows_in = ${from}, changed_at = clock_timestamp()
     where clinic_no = ${clinicNo}`)
}
