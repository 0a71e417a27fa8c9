import type { BookingStatus } from './booking.ts'

/** One line of the log: what a booking became, without patient data. */
export type BookingEvent = {
  /** `xid.seq`, to be sent back as `after` */
  position: string
  bookingId: string
  version: number
  at: Date
  type:
    | 'held'
    | 'confirmed'
    | 'extended'
    | 'moved'
    | 'cancelled'
    | 'failed'
    | 'arrived'
    | 'completed'
    | 'no_show'
    | 'linked'
    | 'reopened'
  /** linked, reopened: what the booking is afterwards; null: the type says it */
  statusAfter: BookingStatus | null
  slotId: string
  doctorId: string
  units: number
  holdExpiresAt: Date | null
  fromSlotId: string | null
  reason: string | null
  actorId: string | null
}
