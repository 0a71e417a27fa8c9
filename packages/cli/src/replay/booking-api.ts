/** One row's request for a place, as a guest. The same `key` with the same body is the same booking. */
export type BookRequest = { slotId: string; key: string; patientName: string; reason: string }

export type OfferedSlot = { id: string; doctorId: string; startsAt: string }

/** What stands in the way for now, whichever call it was. */
export type NotNow =
  /** 429: the server's limits; waiting them out would take days, so the replay stops. */
  | { kind: 'rate_limited'; detail: string; retryAfterSeconds: number }
  /** 503, with what the server asks to wait. */
  | { kind: 'busy'; retryAfterSeconds: number }
  /** No answer: whether it was done is unknown, and asking again with the same key tells. */
  | { kind: 'unreachable'; message: string }

export type BookAnswer =
  | { kind: 'booked'; bookingId: string; manageToken: string }
  | { kind: 'replayed'; bookingId: string; manageToken: string }
  | { kind: 'slot_full'; alternatives: OfferedSlot[] }
  /** The key was used with another body: this appointment is booked already, in another slot. */
  | { kind: 'key_reused' }
  | { kind: 'refused'; why: string }
  | NotNow

export type ConfirmAnswer = { kind: 'confirmed' } | { kind: 'hold_expired' } | { kind: 'refused'; why: string } | NotNow

/** The calls a row makes. Neither throws for anything a server or a network can do. */
export type BookingApi = {
  book(request: BookRequest): Promise<BookAnswer>
  confirm(booking: { bookingId: string; manageToken: string }): Promise<ConfirmAnswer>
}
