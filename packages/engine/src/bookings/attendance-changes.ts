import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import { readAfterCommit } from '../database/promptly.ts'
import type { AttendanceOutcome, AttendanceRequest } from '../model/attendance.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import { announceBatch } from './announce-batch.ts'

type Row = { outcome: AttendanceOutcome['kind']; tx: string | null }

/** Changes by `confirm_attendance` and `withdraw_attendance`. These are few, and not in the queue of other changes. */
export function attendanceChanges(pool: pg.Pool, reads: Pick<Reads, 'booking'>, announce: Announce) {
  const by =
    (change: Sql) =>
    async ({ bookingId, slotId, actorId, key, access }: AttendanceRequest): Promise<AttendanceOutcome> => {
      if (!isId(bookingId)) return { kind: 'booking_missing' }
      const { rows } = await pool.query<Row>(sql`
        select outcome, tx::text from ${change}(
          ${clinicNoOf(bookingId)}, ${bookingId}, ${slotId}, ${actorId}, ${key ?? randomUUID()},
          ${accessJson(access)})`)
      const [row] = rows
      if (row === undefined) throw new Error('A change of an attendance returned no row.')
      const { outcome: kind } = row
      if (kind === 'booking_missing' || kind === 'booking_erased') return { kind }
      const booking = await readAfterCommit(() => reads.booking(bookingId, access))
      if (booking === null) return { kind: 'booking_missing' }
      if (kind !== 'done' && kind !== 'unchanged') return { kind, booking }
      const position = row.tx ?? ''
      // What was found done may have lost its announcement with its result.
      announceBatch(announce, [
        { position: kind === 'done' ? position : null, doctorIds: [booking.doctorId], slots: [], snapshot: null },
      ])
      return { kind, booking, position }
    }
  return {
    confirmAttendance: by(sql`holdfast.confirm_attendance`),
    withdrawAttendance: by(sql`holdfast.withdraw_attendance`),
  }
}
