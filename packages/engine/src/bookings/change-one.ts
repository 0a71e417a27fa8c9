import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { readAfterCommit } from '../database/promptly.ts'
import type { Booking } from '../model/booking.ts'
import type { BookingAccess } from '../model/booking-access.ts'
import type { Announce } from '../model/committed.ts'
import { isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import { announceBatch } from './announce-batch.ts'

type Unread = 'booking_missing' | 'booking_erased'
type Done = 'done' | 'unchanged'

/** Why a change was not made to a booking that the caller may read. */
export type RefusalOf<Outcome extends { kind: string }> = Exclude<Outcome['kind'], Done | Unread>

/** What became of a change that leaves the units of the booking as they are. */
type ChangeOutcome<Refused extends string> =
  | { kind: 'done'; booking: Booking; position: string }
  | { kind: 'unchanged'; isRepeated: boolean; booking: Booking; position: string }
  | { kind: Unread }
  | { kind: Refused; booking: Booking }

export type OneChange = { pool: pg.Pool; reads: Pick<Reads, 'booking'>; announce: Announce }

/**
 * Changes one booking by a call of an SQL function that returns (outcome, tx), and announces it. These changes are few,
 * and not in the queue of other ones. `repeated`, which some functions return, is an unchanged booking, too: the
 * request was carried out before.
 */
export async function changeOne<Refused extends string>(
  { pool, reads, announce }: OneChange,
  { bookingId, access }: { bookingId: string; access?: BookingAccess | null },
  call: () => Sql,
): Promise<ChangeOutcome<Refused>> {
  if (!isId(bookingId)) return { kind: 'booking_missing' }
  type Row = { outcome: Done | 'repeated' | Unread | Refused; tx: string | null }
  const { rows } = await pool.query<Row>(sql`select outcome, tx::text from ${call()}`)
  const [row] = rows
  if (row === undefined) throw new Error('A change of a booking returned no row.')
  const isRepeated = row.outcome === 'repeated'
  const kind = row.outcome === 'repeated' ? 'unchanged' : row.outcome
  if (isUnread(kind)) return { kind }
  const booking = await readAfterCommit(() => reads.booking(bookingId, access))
  if (booking === null) return { kind: 'booking_missing' }
  if (!isDone(kind)) return { kind, booking }
  const position = row.tx ?? ''
  // What was found done may have lost its announcement with its result.
  announceBatch(announce, [
    { position: kind === 'done' ? position : null, doctorIds: [booking.doctorId], slots: [], snapshot: null },
  ])
  return kind === 'done' ? { kind, booking, position } : { kind, isRepeated, booking, position }
}

function isUnread(kind: string): kind is Unread {
  return kind === 'booking_missing' || kind === 'booking_erased'
}

function isDone(kind: string): kind is Done {
  return kind === 'done' || kind === 'unchanged'
}
