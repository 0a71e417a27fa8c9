import type pg from 'pg'
import sql, { empty, type Sql } from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import { pageOf } from '../lists/page.ts'
import type { BookingEvent } from '../model/booking-event.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'

/** Everything below this transaction has ended: no event can still appear before one that was read. */
const horizon = sql`pg_snapshot_xmin(pg_current_snapshot())`

const selectedEvents = sql`
  select (select coalesce(max(no), 0) from holdfast.log_epoch)::text as epoch, e.xid::text as xid, e.seq::text as seq,
         e.booking_id, e.version, e.at, e.type, e.status_after, e.slot_id, e.resource_id, e.units, e.hold_expires_at,
         e.from_slot_id, e.reason, e.actor_id
    from holdfast.booking_event e`

type EventPosition = { epoch: string; xid: string; seq: string }

const start: EventPosition = { epoch: '0', xid: '0', seq: '0' }

function eventsAfter(clinicNo: number, after: string | null, limit: number): Sql {
  const { epoch, xid, seq } = after === null ? start : parsePosition(after)
  // What a position of an earlier epoch names may be lost, and its number in use again: then everything of the later
  // epochs follows.
  const begun = sql`(select min(starts_at) from holdfast.log_epoch where no > ${epoch}::bigint)`
  return sql`
    ${selectedEvents}
     where e.clinic_no = ${clinicNo} and e.xid < ${horizon}
       and (e.xid, e.seq) > (least(${xid}::xid8, ${begun}),
                             case when ${begun} <= ${xid}::xid8 then 0 else ${seq}::bigint end)
     order by e.xid, e.seq
     limit ${limit}`
}

/** What happens to a hold before it is confirmed, and its end if it never is. */
const isOfHold = sql`(e.type in ('held', 'extended') or coalesce(e.reason, '') in ('hold_expired', 'hold_released'))`

function newestEvents(clinicNo: number, confirmedOnly: boolean, limit: number): Sql {
  return sql`
    ${selectedEvents}
     where e.clinic_no = ${clinicNo} and e.xid < ${horizon} ${confirmedOnly ? sql`and not ${isOfHold}` : empty}
     order by e.xid desc, e.seq desc
     limit ${limit}`
}

function eventsOfOneBooking(bookingId: string): Sql {
  return sql`
    ${selectedEvents}
     where e.clinic_no = ${clinicNoOf(bookingId)} and e.booking_id = ${bookingId}
     order by e.version`
}

type EventRow = {
  epoch: string
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
 * The clinic's log in the order of `xid.seq`. Only events below the horizon are returned, so that a reader who
 * continues from the last position never skips one; an open transaction delays the newest events. The events of a
 * booking can be out of order, because a transaction gets its number before it waits for a row: sort them by version.
 * A position is `epoch.xid.seq`; after one of an earlier epoch, some events may be returned again.
 */
export function eventReads(pool: pg.Pool): Pick<Reads, 'eventsOfClinic' | 'newestEventsOfClinic' | 'eventsOfBooking'> {
  return {
    async eventsOfClinic({ clinicNo, after, limit }) {
      const { rows } = await pool.query<EventRow>(prepared('events_of_clinic', eventsAfter(clinicNo, after, limit + 1)))
      return pageOf(rows, limit, eventOf, positionOf)
    },

    async newestEventsOfClinic({ clinicNo, confirmedOnly, limit }) {
      const name = confirmedOnly ? 'newest_confirmed_of_clinic' : 'newest_events_of_clinic'
      const { rows } = await pool.query<EventRow>(prepared(name, newestEvents(clinicNo, confirmedOnly, limit)))
      return rows.map(eventOf)
    },

    async eventsOfBooking(bookingId) {
      if (!isId(bookingId)) return []
      const { rows } = await pool.query<EventRow>(prepared('events_of_booking', eventsOfOneBooking(bookingId)))
      return rows.map(eventOf)
    },
  }
}

/** A position of a release without epochs is one of the first. @throws InvalidCursor */
function parsePosition(position: string): EventPosition {
  const [, epoch = '0', xid, seq] = /^(?:(\d{1,12})\.)?(\d{1,20})\.(\d{1,19})$/.exec(position) ?? []
  if (xid === undefined || seq === undefined || BigInt(xid) >= 2n ** 64n || BigInt(seq) >= 2n ** 63n) {
    throw new InvalidCursor(position)
  }
  return { epoch, xid, seq }
}

function positionOf(row: EventRow): string {
  return `${row.epoch}.${row.xid}.${row.seq}`
}

function eventOf(row: EventRow): BookingEvent {
  return {
    position: positionOf(row),
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
