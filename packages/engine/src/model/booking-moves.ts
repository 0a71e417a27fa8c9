import type { MoveOutcome } from './settle.ts'

type UnmovableQuery = {
  clinicNo: number
  bookingIds: readonly string[]
  /** A member of the clinic would move them for the patients. */
  onBehalf: boolean
}

/** Why the state of a booking, its time, or its visit type refuses every move. */
export type UnmovableBecause = Extract<
  MoveOutcome['kind'],
  'booking_erased' | 'hold_expired' | 'invalid_transition' | 'offer_open' | 'approval_required' | 'past_deadline'
>

type Span = { from: Date; until: Date }

/** Where a booking is, and what is at the time that is wanted for it (facts_of_moves). */
export type MoveFacts = {
  /** That it takes now; none once it is over. */
  units: number
  doctorId: string
  slotId: string
  /** With the buffers of a visit. */
  during: Span
  /** null: there is no such visit or slot. */
  wanted: Span | null
  /** The slot then that it could share: of its group, or the fixed one; null: there is none. */
  wantedSlotId: string | null
  /** The units of that slot, or of a new one, without those that bookings have which are not to be moved. */
  unitsFree: number
  /** Something else takes the time. */
  isTaken: boolean
}

/** A booking with the doctor and the start that are wanted for it. */
export type MoveWish = { bookingId: string; doctorId: string; startsAt: Date }

/** What is to be known before several bookings are moved, one after the other. */
export type BookingMoves = {
  /** Those of these bookings that cannot be moved now, wherever to, while they keep their types, by their ids. */
  unmovable(query: UnmovableQuery): Promise<Map<string, UnmovableBecause>>
  /** By booking. Those that do not exist are left out. */
  moveFacts(query: { clinicNo: number; moves: readonly MoveWish[] }): Promise<Map<string, MoveFacts>>
}
