import type { BookingEvent, CaseDetails } from '../model/booking-event.ts'

/**
 * One entry of the log, as the tail reports it: an event of a booking, or a change of the directory. It has only the
 * fields that listeners use, because every process reads every entry.
 */
export type LogEntry = BookingLine | DirectoryChange

/**
 * `fromSlotId`, `fromDoctorId`: for `moved`, the slot that the booking left, and its doctor. `caseDetails`: absent for
 * appointments, and for events of cases that have none.
 */
export type BookingLine = {
  kind: 'booking'
  xid: bigint
  seq: bigint
  fromDoctorId: string | null
  caseDetails?: CaseDetails
} & Pick<BookingEvent, 'bookingId' | 'version' | 'type' | 'slotId' | 'doctorId' | 'fromSlotId'>

/** Events after which as many units of their slot are free as before. */
const quietTypes = new Set<string>([
  'attendance_confirmed',
  'attendance_withdrawn',
  'arrived',
  'completed',
  'no_show',
  'linked',
  'corrected',
  'contact_corrected',
  'consent_withdrawn',
  'answers_corrected',
  'reopened',
  'erased',
  'milestone',
  'prolonged',
])

/**
 * The slots whose free units the event can change: both slots of a move, none for a quiet event. Confirmations and
 * extensions can change them, because a read just before may have seen the hold as lapsed.
 */
export function changedSlotsOf(entry: BookingLine): { doctorId: string; slotId: string }[] {
  if (quietTypes.has(entry.type)) return []
  const { doctorId, slotId, fromDoctorId, fromSlotId } = entry
  const slots = [{ doctorId, slotId }]
  if (fromDoctorId !== null && fromSlotId !== null) slots.push({ doctorId: fromDoctorId, slotId: fromSlotId })
  return slots
}

/** A clinic, a doctor or a doctor's slots; `doctorId` null: the clinic itself. */
export type DirectoryChange = {
  kind: 'directory'
  xid: bigint
  seq: bigint
  clinicNo: number
  doctorId: string | null
}
