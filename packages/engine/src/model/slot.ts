/** A slot as the public sees it: `available` counts lapsed holds as free. Withdrawn slots are not listed. */
export type Slot = {
  id: string
  doctorId: string
  startsAt: Date
  endsAt: Date
  capacity: number
  available: number
}

/** One slot to create. Times are instants with `startsAt < endsAt`, capacity 1–1,000,000. */
export type SlotDraft = { startsAt: Date; endsAt: Date; capacity: number }

/**
 * A weekly pattern in the clinic's zone: dates `YYYY-MM-DD` both included, times `HH:MM`, weekdays 1 (Monday)–7.
 * Each local time counts once: one that doesn't exist on a day is skipped, one that exists twice means the first.
 */
export type SlotRule = {
  from: string
  to: string
  weekdays: number[]
  startTime: string
  endTime: string
  slotMinutes: number
  breaks: { startTime: string; endTime: string }[]
  capacity: number
}

/**
 * skipped: a slot with the same start and end exists, or the start has passed; capacity_differs: the slot that exists
 * has another capacity than the draft, and keeps it; conflict: it overlaps another slot, or a
 * case of the doctor in an operating room. If two drafts overlap each other, the one that starts first is created, then
 * the first one in the list.
 */
export type SlotDraftOutcome = SlotDraft & {
  outcome: 'created' | 'skipped' | 'capacity_differs' | 'conflict'
  /**
   * The slot created, or the existing one; null for a past time, a case of the doctor, and in a dry run for a slot that
   * it would create.
   */
  slotId: string | null
  /** The capacity of the slot that has the draft's times, or that the draft would create; else the draft's. */
  capacity: number
}

export type CreateSlotsResult = {
  created: number
  /** Slots with another capacity are among them. */
  skipped: number
  /** Slots that exist with the same times and another capacity. */
  differing: number
  conflicts: number
  /** In the order of the drafts. */
  items: SlotDraftOutcome[]
  /**
   * The position of a transaction that sees the slots created or skipped; null if there are none, and for a dry run.
   */
  position: string | null
}

export type WithdrawSlotsOutcome =
  /**
   * `sessions`: how many open sessions are closed, each at least in part. `bookings` are those that became FAILED, now
   * or when the slots were withdrawn (or would now, in a dry run). `position` null: nothing was written.
   */
  | { kind: 'withdrawn'; slots: number; sessions: number; bookings: AffectedBooking[]; position: string | null }
  | { kind: 'slot_missing' }
  | { kind: 'slot_in_past' }
  | { kind: 'slot_has_bookings'; bookings: number }
  /** A range of more slots, or with more bookings, than one call withdraws; nothing changed. */
  | { kind: 'withdrawal_too_large'; slotsMax: number; bookingsMax: number }

export type SetCapacityRequest = { clinicNo: number; slotId: string; capacity: number }

export type SetCapacityOutcome =
  /** Now or before. `slot.available` does not count lapsed holds as free, nor places that were offered by this. */
  | { kind: 'capacity_set'; slot: Slot; position: string }
  | { kind: 'slot_missing' }
  | { kind: 'slot_closed'; why: 'withdrawn' | 'ended' }
  /** More units are taken, by bookings and holds. */
  | { kind: 'capacity_in_use'; takenUnits: number }

export type AffectedBooking = {
  id: string
  slotId: string
  startsAt: Date
  units: number
  status: 'PENDING' | 'CONFIRMED'
}

/** `drafts` are checked at the edge; `doctorId` is an existing doctor. */
export type CreateSlotsRequest = { doctorId: string; drafts: SlotDraft[]; dryRun: boolean }

export type WithdrawSlotsRequest = {
  clinicNo: number
  /** One slot, or a doctor's slots that start in [from, to). */
  which: { slotId: string } | { doctorId: string; from: Date; to: Date }
  /** true: PENDING and CONFIRMED bookings become FAILED `slot_withdrawn`; false: they prevent the withdrawal. */
  withBookings: boolean
  dryRun: boolean
  actorId: string | null
}
