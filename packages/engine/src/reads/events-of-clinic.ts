import type pg from 'pg'
import type { BookingEvent } from '../model/booking-event.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import { InvalidCursor } from './cursor.ts'

/** Below this transaction everything has ended: no event can still appear before one that was read. */
const horizonSql = 'pg_snapshot_xmin(pg_current_snapshot())'

const selectEvents = `
  select e.xid::text as xid, e.seq::text as seq, e.booking_id, e.version, e.at, e.type, e.status_after, e.slot_id, e.resource_id, e.units,
         e.hold_expires_at, e.from_slot_id, e.reason, e.actor_id
    from holdfast.booking_event e`

const eventsAfter = `
  ${selectEvents}
   where e.clinic_no = $1 and e.xid < ${horizonSql} and (e.xid, e.seq) > ($2::xid8, $3::bigint)
   order by e.xid, e.seq
   limit $4`

const newestEvents = `
  ${selectEvents}
   where e.clinic_no = $1 and e.xid < ${horizonSql}
   order by e.xid desc, e.seq desc
   limit $2`

const eventsOfOneBooking = `
  ${selectEvents}
   where e.clinic_no = $1 and e.booking_id = $2
   order by e.version`

type EventRow = {
  xid: string
  seq: string
  booking_id: string
  version: number
  at: Date
  type: BookingEvent['type']
  status_after: BookingEvent['statusAfter']
  slot_id: string
  resource_id: string
  units: number
  hold_expires_at: Date | null
  from_slot_id: string | null
  reason: string | null
  actor_id: string | null
}

/**
 * The clinic's log in the order of `xid.seq`. Only what lies below the horizon is told, so that a reader who goes on
 * from the last position never skips an event; a transaction open for seconds holds the newest back as long. This is
 * not each booking's own order: a transaction takes its number before it waits for a row (sort by version for that).
 */
export function eventReads(pool: pg.Pool): Pick<Reads, 'eventsOfClinic' | 'newestEventsOfClinic' | 'eventsOfBooking'> {
  return {
    async eventsOfClinic({ clinicNo, after, limit }) {
      const [xid, seq] = after === null ? ['0', '0'] : parsePosition(after)
      const { rows } = await pool.query<EventRow>({
        name: 'events_of_clinic',
        text: eventsAfter,
        values: [clinicNo, xid, seq, limit + 1],
      })
      const items = rows.slice(0, limit).map(eventOf)
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.position ?? null) : null }
    },

    async newestEventsOfClinic({ clinicNo, limit }) {
      const { rows } = await pool.query<EventRow>({
        name: 'newest_events_of_clinic',
        text: newestEvents,
        values: [clinicNo, limit],
      })
      return rows.map(eventOf)
    },

    async eventsOfBooking(bookingId) {
      if (!isId(bookingId)) return []
      const { rows } = await pool.query<EventRow>({
        name: 'events_of_booking',
        text: eventsOfOneBooking,
        values: [clinicNoOf(bookingId), bookingId],
      })
      return rows.map(eventOf)
    },
  }
}

/** @throws InvalidCursor */
function parsePosition(position: string): [xid: string, seq: string] {
  const match = /^(\d{1,20})\.(\d{1,19})$/.exec(position)
  const [, xid, seq] = match ?? []
  if (xid === undefined || seq === undefined || BigInt(xid) >= 2n ** 64n || BigInt(seq) >= 2n ** 63n) {
    throw new InvalidCursor(position)
  }
  return [xid, seq]
}

function eventOf(row: EventRow): BookingEvent {
  return {
    position: `${row.xid}.${row.seq}`,
    bookingId: row.booking_id,
    version: row.version,
    at: row.at,
    type: row.type,
    statusAfter: row.status_after,
    slotId: row.slot_id,
    doctorId: row.resource_id,
    units: row.units,
    holdExpiresAt: row.hold_expires_at,
    fromSlotId: row.from_slot_id,
    reason: row.reason,
    actorId: row.actor_id,
  }
}
