import type pg from 'pg'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import { pageOf } from '../lists/page.ts'
import type { Booking, CancelledBy } from '../model/booking.ts'
import type { BookingEvent } from '../model/booking-event.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'

/** Everything below this transaction has ended: no event can still appear before one that was read. */
const horizon = sql`pg_snapshot_xmin(pg_current_snapshot())`

/** Events of the last 60 days are all in the recent log, and two more days: see bound_recent_log.sql. */
const recentDays = 60

type Log = 'recent' | 'whole'

/** The first `limit` events of a log with these conditions on `e`, in this order. */
function selectedEvents(log: Log, conditions: Sql, direction: 'asc' | 'desc', limit: number): Sql {
  const order = raw(`order by e.xid ${direction}, e.seq ${direction}`)
  const of = (table: string) =>
    sql`(select ${eventColumns} from ${raw(table)} e where ${conditions} ${order} limit ${limit})`
  const events =
    log === 'whole'
      ? of('holdfast.booking_event')
      : sql`(${of('holdfast.recent_event')} union all ${of('holdfast.recent_late_event')})`
  return sql`${selected} from ${events} e ${order} limit ${limit}`
}

const ownColumns = sql`e.booking_id, e.version, e.at, e.type, e.status_after, e.slot_id, e.resource_id, e.units,
  e.hold_expires_at, e.from_slot_id, e.reason, e.actor_id, e.case_details`

const eventColumns = sql`e.xid, e.seq, ${ownColumns}`

const selected = sql`
  select (select coalesce(max(no), 0) from holdfast.log_epoch)::text as epoch, e.xid::text as xid, e.seq::text as seq,
         ${ownColumns}`

type EventPosition = { epoch: string; xid: string; seq: string }

const start: EventPosition = { epoch: '0', xid: '0', seq: '0' }

/** Whether a position is from before the clinic has come from another database: its numbers say nothing here. */
function isBeforeArrival(clinicNo: number, { epoch, xid }: EventPosition): Sql {
  return sql`(coalesce((select max(no) / 10000000000 <> ${epoch}::bigint / 10000000000 from holdfast.log_epoch), false)
    or exists (select from holdfast.arrived_clinic a where a.clinic_no = ${clinicNo} and a.xid > ${xid}::xid8
                  and ${xid}::xid8 > '3'))`
}

function eventsAfter(log: Log, clinicNo: number, position: EventPosition, limit: number): Sql {
  const { epoch, xid, seq } = position
  // What a position of an earlier epoch names may be lost, and its number in use again: then everything of the later
  // epochs follows.
  const begun = sql`(select min(starts_at) from holdfast.log_epoch where no > ${epoch}::bigint)`
  const conditions = sql`e.clinic_no = ${clinicNo} and e.xid < ${horizon}
    and (e.xid, e.seq) > (case when ${isBeforeArrival(clinicNo, position)} then '0'
                          else least(${xid}::xid8, ${begun}) end,
                          case when ${begun} <= ${xid}::xid8 then 0 else ${seq}::bigint end)`
  return selectedEvents(log, conditions, 'asc', limit)
}

/** The event is of an appointment: the desk does not handle cases in operating rooms. */
const isOfDoctor = sql`exists (
  select from holdfast.resource r where r.clinic_no = e.clinic_no and r.id = e.resource_id and r.kind = 'doctor')`

/** What happens to a hold before it is confirmed, and its end if it never is. */
const isOfHold = sql`(e.type in ('held', 'extended', 'link_requested')
  or coalesce(e.reason, '') in ('hold_expired', 'hold_released', 'time_taken'))`

/** Whether the clinic's last event up to this position is so recent that the recent log has all that follow. */
function isInRecentLog(clinicNo: number, position: EventPosition): Sql {
  const { epoch, xid, seq } = position
  const before = sql`e.clinic_no = ${clinicNo} and (e.xid, e.seq) <= (${xid}::xid8, ${seq}::bigint)`
  return sql`
    select q.at > now() - make_interval(days => ${recentDays})
           and not exists (select from holdfast.log_epoch where no > ${epoch}::bigint)
           and not ${isBeforeArrival(clinicNo, position)} as recent
      from (${selectedEvents('recent', before, 'desc', 1)}) q`
}

function newestEvents(log: Log, clinicNo: number, confirmedOnly: boolean, limit: number): Sql {
  const kinds = confirmedOnly ? sql`and not ${isOfHold}` : empty
  return selectedEvents(
    log,
    sql`e.clinic_no = ${clinicNo} and e.xid < ${horizon} and ${isOfDoctor} ${kinds}`,
    'desc',
    limit,
  )
}

function eventsOfOneBooking(bookingId: string): Sql {
  return sql`
    ${selected} from holdfast.booking_event e
     where e.clinic_no = ${clinicNoOf(bookingId)} and e.booking_id = ${bookingId}
     order by e.version`
}

function cancellationsOf(bookings: readonly Booking[]): Sql {
  const clinicNos = [...new Set(bookings.map(({ clinicNo }) => clinicNo))]
  return sql`
    select e.booking_id, e.actor_id from holdfast.booking_event e
     where e.clinic_no = any (${clinicNos}::integer[]) and e.booking_id = any (${bookings.map(({ id }) => id)}::uuid[])
       and e.type = 'cancelled'`
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
  case_details: BookingEvent['caseDetails']
}

/**
 * The clinic's log in the order of `xid.seq`. Only events below the horizon are returned, so that a reader who
 * continues from the last position never skips one; an open transaction delays the newest events. The events of a
 * booking can be out of order, because a transaction gets its number before it waits for a row: sort them by version.
 * A position is `epoch.xid.seq`; after one of an earlier epoch, some events may be returned again.
 */
export function eventReads(
  pool: pg.Pool,
): Pick<Reads, 'eventsOfClinic' | 'newestEventsOfClinic' | 'eventsOfBooking' | 'cancelledBy'> {
  return {
    async eventsOfClinic({ clinicNo, after, limit }) {
      const position = after === null ? start : parsePosition(after)
      const found = await pool.query<{ recent: boolean }>(
        prepared('is_in_recent_log', isInRecentLog(clinicNo, position)),
      )
      const statement =
        found.rows[0]?.recent === true
          ? prepared('recent_events_of_clinic', eventsAfter('recent', clinicNo, position, limit + 1))
          : prepared('events_of_clinic', eventsAfter('whole', clinicNo, position, limit + 1))
      const { rows } = await pool.query<EventRow>(statement)
      return pageOf(rows, limit, eventOf, positionOf)
    },

    async newestEventsOfClinic({ clinicNo, confirmedOnly, limit }) {
      const name = confirmedOnly ? 'newest_confirmed_of_clinic' : 'newest_events_of_clinic'
      const newest = async (log: Log) =>
        await pool.query<EventRow>(prepared(`${name}_${log}`, newestEvents(log, clinicNo, confirmedOnly, limit)))
      const { rows } = await newest('recent')
      const oldest = rows[limit - 1]?.at
      if (oldest !== undefined && oldest.getTime() > Date.now() - recentDays * 86_400_000) return rows.map(eventOf)
      return (await newest('whole')).rows.map(eventOf)
    },

    async eventsOfBooking(bookingId) {
      if (!isId(bookingId)) return []
      // Not prepared: a stored plan would lock every partition.
      const { rows } = await pool.query<EventRow>(eventsOfOneBooking(bookingId))
      return rows.map(eventOf)
    },

    async cancelledBy(bookings) {
      const cancelled = bookings.filter(({ status }) => status === 'CANCELLED')
      if (cancelled.length === 0) return new Map()
      // Not prepared, as above.
      const { rows } = await pool.query<{ booking_id: string; actor_id: string | null }>(cancellationsOf(cancelled))
      const actorIds = new Map(rows.map((row) => [row.booking_id, row.actor_id]))
      return new Map(
        cancelled.flatMap(({ id, accountId }): [string, CancelledBy][] => {
          const actorId = actorIds.get(id)
          if (actorId === undefined) return []
          return [[id, actorId === null || actorId === accountId ? 'patient' : 'clinic']]
        }),
      )
    },
  }
}

/** A position of a release without epochs is one of the first. @throws InvalidCursor */
function parsePosition(position: string): EventPosition {
  const [, epoch = '0', xid, seq] = /^(?:(\d{1,16})\.)?(\d{1,20})\.(\d{1,19})$/.exec(position) ?? []
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
    caseDetails: row.case_details,
  }
}
