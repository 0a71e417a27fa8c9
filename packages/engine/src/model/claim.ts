import type { AppointmentType, Patient } from './booking.ts'

/** One request for units of a slot. Parsed and bounded at the edge: inside, nobody re-checks its shape. */
export type ClaimRequest = {
  /**
   * Made by the caller with `newId(clinicNoOf(slotId))`, so that a retry after a lost connection is the same booking.
   */
  bookingId: string
  slotId: string
  units: number
  patient: Patient
  /** null: in person where the doctor offers it, else video. */
  appointmentType: AppointmentType | null
  reason: string | null
  /** true: CONFIRMED at once, no hold. */
  confirm: boolean
  accountId: string | null
  /** The account that books for somebody else; null: nobody does. */
  actorId: string | null
  /** 128-bit digest (as a UUID) of who asks and their Idempotency-Key, or a fresh random UUID where none was sent. */
  key: string
  /** 128-bit digest (as a UUID) of everything that makes the request this request. */
  requestHash: string
}

/** What the first answer said, told again word for word to a retry: a booking as it was at version 1. */
export type ClaimedBooking = {
  id: string
  clinicId: string
  doctorId: string
  slotId: string
  status: 'PENDING' | 'CONFIRMED'
  units: number
  appointmentType: AppointmentType
  startsAt: Date
  endsAt: Date
  holdExpiresAt: Date | null
  createdAt: Date
}

/** The queue is beyond its bound, or the item is older than its deadline; it was not tried. */
export type Overloaded = { kind: 'overloaded'; retryAfterSeconds: number }

export type ClaimOutcome =
  | { kind: 'booked'; booking: ClaimedBooking; position: string }
  | { kind: 'replayed'; booking: ClaimedBooking; position: string }
  | { kind: 'slot_full' }
  | { kind: 'slot_missing' }
  /** Withdrawn, doctor inactive, already started, within the clinic's minimum notice or beyond its booking horizon. */
  | { kind: 'slot_closed'; why: SlotClosedWhy }
  | { kind: 'units_over_capacity'; capacity: number }
  | { kind: 'appointment_type_not_offered' }
  | { kind: 'key_reused' }
  | Overloaded

export type SlotClosedWhy = 'withdrawn' | 'doctor_inactive' | 'started' | 'minimum_notice' | 'booking_horizon'
