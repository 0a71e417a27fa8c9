import type { BookingEvent } from '../model/booking-event.ts'

/**
 * One thing that happened, as the tail tells it: a line of the booking log, or a change of what is offered. No more of
 * it than its listeners ask for: every process reads every line.
 */
export type LogEntry = BookingLine | DirectoryChange

/** `fromSlotId`, `fromDoctorId`: moved: the slot it came from, and whose that is. */
export type BookingLine = { kind: 'booking'; xid: bigint; seq: bigint; fromDoctorId: string | null } & Pick<
  BookingEvent,
  'bookingId' | 'version' | 'type' | 'slotId' | 'doctorId' | 'fromSlotId'
>

/** A clinic, a doctor or a doctor's slots; `doctorId` null: the clinic itself. */
export type DirectoryChange = {
  kind: 'directory'
  xid: bigint
  seq: bigint
  clinicNo: number
  doctorId: string | null
}
