import type { BookingStatus } from './booking.ts'

/** One event of a booking in the log, without patient data. */
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
    | 'erased'
  /** linked, reopened, erased: the status afterwards; null: it follows from the type */
  statusAfter: BookingStatus | null
  slotId: string
  doctorId: string
  units: number
  holdExpiresAt: Date | null
  fromSlotId: string | null
  reason: string | null
  actorId: string | null
}
