import type { Booking } from '../model/booking.ts'

/**
 * A booking's fields, each with its column in the results of settle_bookings, move_bookings and the reads: the one list
 * of them outside SQL. booking-row.test.ts compares it with the functions.
 */
export const bookingColumns = {
  id: 'id',
  clinicNo: 'clinic_no',
  clinicId: 'clinic_id',
  doctorId: 'resource_id',
  slotId: 'slot_id',
  status: 'status',
  failureReason: 'failure_reason',
  units: 'units',
  startsAt: 'starts_at',
  endsAt: 'ends_at',
  holdExpiresAt: 'hold_expires_at',
  extended: 'extended',
  accountId: 'account_id',
  appointmentType: 'appointment_type',
  patient: 'patient',
  reason: 'reason',
  cancellationReason: 'cancellation_reason',
  version: 'version',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  erasedAt: 'erased_at',
  attendanceConfirmedAt: 'attendance_confirmed_at',
  visitTypeId: 'visit_type_id',
  sessionId: 'session_id',
  requestedAt: 'requested_at',
} as const satisfies Record<keyof Booking, string>

/**
 * A booking as the engine's functions and reads return it: with its slot's times and visit type, and with its
 * effective status.
 */
export type BookingRow = { [Field in keyof Booking as (typeof bookingColumns)[Field]]: Booking[Field] }

const fieldsAndColumns: [string, string][] = Object.entries(bookingColumns)

export function bookingOf(row: BookingRow): Booking {
  const columns: Record<string, unknown> = row
  const booking: Record<string, unknown> = {}
  for (const [field, column] of fieldsAndColumns) booking[field] = columns[column]
  return booking as Booking
}
