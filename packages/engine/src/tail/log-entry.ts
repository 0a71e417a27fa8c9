import type { BookingEvent } from '../model/booking-event.ts'

/**
 * One entry of the log, as the tail reports it: an event of a booking, or a change of the directory. It has only the
 * fields that listeners use, because every process reads every entry.
 */
export type LogEntry = BookingLine | DirectoryChange

/** `fromSlotId`, `fromDoctorId`: for `moved`, the slot that the booking left, and its doctor. */
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
