import type pg from 'pg'
import sql from 'sql-template-tag'
import type { BookingEvent } from '../model/booking-event.ts'
import { clinicNoOf } from '../model/id.ts'
import type { BookingLine } from './log-entry.ts'

/** An event of a booking with what those need who forward it. */
export type LoggedEvent = Omit<BookingEvent, 'position' | 'caseDetails'> & {
  clinicNo: number
  /** A case in an operating room, not an appointment. */
  isCase: boolean
}

/** The events of these lines, in their order. Events that were archived meanwhile are left out. */
export async function loggedEvents(
  pool: pg.Pool,
  lines: readonly Pick<BookingLine, 'bookingId' | 'version'>[],
): Promise<LoggedEvent[]> {
  if (lines.length === 0) return []
  const ids = [...new Set(lines.map(({ bookingId }) => bookingId))]
  const clinicNos = [...new Set(ids.map(clinicNoOf))]
  const { rows } = await pool.query<LoggedEvent>(sql`
    select e.clinic_no as "clinicNo", e.booking_id as "bookingId", e.version, e.at, e.type,
           e.status_after as "statusAfter", e.slot_id as "slotId", e.resource_id as "doctorId", e.units,
           e.hold_expires_at as "holdExpiresAt", e.from_slot_id as "fromSlotId", e.reason, e.actor_id as "actorId",
           coalesce((select b.appointment_type = 'case' from holdfast.booking b
                      where b.clinic_no = e.clinic_no and b.id = e.booking_id
                        and b.id = any (${ids}::uuid[])), false) as "isCase"
      from holdfast.booking_event e
     where e.clinic_no = any (${clinicNos}::integer[]) and e.booking_id = any (${ids}::uuid[])`)
  const byLine = new Map(rows.map((event) => [`${event.bookingId}.${event.version}`, event]))
  return lines.flatMap(({ bookingId, version }) => byLine.get(`${bookingId}.${version}`) ?? [])
}
