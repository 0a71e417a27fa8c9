import type { BookingEvent } from '@holdfast/engine'

/** A booking's status; the failed ones by their reason. */
export type BuiltBookingStatus =
  | 'PENDING'
  | 'CONFIRMED'
  | 'CANCELLED'
  | 'ARRIVED'
  | 'NO_SHOW'
  | 'COMPLETED'
  | 'hold_expired'
  | 'slot_withdrawn'

type History = { events: BookingEvent['type'][]; failureReason: 'hold_expired' | 'slot_withdrawn' | null }

/** The shortest usual way to each status. */
export const bookingHistories = {
  PENDING: { events: ['held'], failureReason: null },
  CONFIRMED: { events: ['held', 'confirmed'], failureReason: null },
  CANCELLED: { events: ['held', 'confirmed', 'cancelled'], failureReason: null },
  ARRIVED: { events: ['held', 'confirmed', 'arrived'], failureReason: null },
  NO_SHOW: { events: ['held', 'confirmed', 'no_show'], failureReason: null },
  COMPLETED: { events: ['held', 'confirmed', 'arrived', 'completed'], failureReason: null },
  hold_expired: { events: ['held', 'failed'], failureReason: 'hold_expired' },
  slot_withdrawn: { events: ['held', 'confirmed', 'failed'], failureReason: 'slot_withdrawn' },
} satisfies Record<BuiltBookingStatus, History>
