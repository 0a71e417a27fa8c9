import type { Unavailable } from '../target/retry-call.ts'

/** One row's request for a slot, as a guest. The same `key` with the same body is the same booking. */
export type BookRequest = { slotId: string; key: string; patientName: string; reason: string }

export type OfferedSlot = { id: string; doctorId: string; startsAt: string }

export type BookOutcome =
  | { kind: 'booked'; bookingId: string; manageToken: string }
  | { kind: 'replayed'; bookingId: string; manageToken: string }
  | { kind: 'slot_full'; alternatives: OfferedSlot[] }
  /** The key was used with another body: this appointment is already booked, in another slot. */
  | { kind: 'key_reused' }
  | { kind: 'refused'; why: string }
  | Unavailable

export type ConfirmOutcome =
  | { kind: 'confirmed' }
  | { kind: 'hold_expired' }
  | { kind: 'refused'; why: string }
  | Unavailable

/** The calls that book a row. Neither throws for a failure of the server or the network. */
export type BookingApi = {
  book(request: BookRequest): Promise<BookOutcome>
  confirm(booking: { bookingId: string; manageToken: string }): Promise<ConfirmOutcome>
}
