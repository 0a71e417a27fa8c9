import type { BookingEvent } from '../reads/booking-event.ts'

/**
 * One thing that happened, as the tail tells it: a line of the booking log, or a change of what is offered (a clinic, a
 * doctor or a doctor's slots; `doctorId` null: the clinic itself). `fromDoctorId`: moved away from this one's slot.
 */
export type LogEntry =
  | { kind: 'booking'; xid: bigint; seq: bigint; clinicNo: number; event: BookingEvent; fromDoctorId: string | null }
  | { kind: 'directory'; xid: bigint; seq: bigint; clinicNo: number; doctorId: string | null }
