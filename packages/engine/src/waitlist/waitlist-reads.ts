import type { BookingStatus } from '@holdfast/vocabulary'
import { waitlistSearchedMax, waitlistUrgencies } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { join, type Sql } from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import { isHeld } from '../database/hold-sql.ts'
import { isHere, placedRowsOf, type ShardPools } from '../database/shard-pools.ts'
import { matchesEntry } from '../lists/booking-search.ts'
import { cursorOf } from '../lists/cursor.ts'
import { timeOfMicros } from '../lists/micros-sql.ts'
import { pageOf } from '../lists/page.ts'
import type { Patient } from '../model/booking.ts'
import type { BookingAccess } from '../model/booking-access.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import { normalizedEmail } from '../model/normalized-email.ts'
import type {
  LaterVisit,
  OfferState,
  Waitlist,
  WaitlistEndReason,
  WaitlistEntry,
  WaitlistOffer,
  WaitlistStatus,
} from '../model/waitlist.ts'

const ofAccountMax = 100
const ofEmailMax = 50
/** The states of an offer that was not accepted, or was withdrawn afterwards. */
const mayBeOffer: ReadonlySet<BookingStatus> = new Set(['PENDING', 'CANCELLED', 'FAILED'])
const cursor = cursorOf('waitlist', ['micros', 'id'])
const rankCursor = cursorOf('waitlist by rank', ['count', 'count', 'micros', 'id'])

type EntryRow = Omit<WaitlistEntry, 'urgency' | 'status' | 'endReason'> & {
  urgency: number
  status: WaitlistStatus
  endReason: WaitlistEndReason | null
  joinedMicros: string
  /** The specialization, or that of the doctor. */
  wanted: string | null
}

/** Entry `e` of clinic `c` has not ended. */
const isOpen = sql`(e.ended_at is null and e.to_date >= (statement_timestamp() at time zone c.timezone)::date)`

/** The booking on offer to entry `e` is `b`. */
const hasOffer = sql`coalesce(e.ended_at is null and ${isHeld}, false)`

const statusOf = sql`case when e.end_reason = 'accepted' then 'accepted' when ${hasOffer} then 'offered'
  when ${isOpen} then 'waiting' else 'ended' end`

/** Entry `e` is open, and nobody takes bookings for what it waits for. */
const isPaused = sql`(${isOpen} and not exists (
  select from holdfast.resource d
   where d.clinic_no = e.clinic_no and d.kind = 'doctor' and d.active
     and (d.id = e.resource_id or d.specialization = e.specialization)))`

/** The columns of an {@link EntryRow} but its position, of entry `e` of clinic `c` with the booking `b` on offer. */
const entryColumns = sql`
  e.id, e.clinic_no as "clinicNo", c.id as "clinicId", e.resource_id as "doctorId", e.specialization,
  e.visit_type_id as "visitTypeId", to_char(e.from_date, 'YYYY-MM-DD') as "from",
  to_char(e.to_date, 'YYYY-MM-DD') as "to", e.weekdays,
  to_char(e.time_from, 'HH24:MI') as "timeFrom", to_char(e.time_to, 'HH24:MI') as "timeTo", e.units, e.urgency,
  ${statusOf} as status, coalesce(e.end_reason, case when not ${isOpen} then 'expired' end) as "endReason",
  e.ended_at as "endedAt", e.missed, e.patient, e.account_id as "accountId", e.joined_by as "joinedBy",
  ${isPaused} as "isPaused", e.joined_at as "joinedAt",
  (date_part('epoch', e.joined_at) * 1000000)::bigint::text as "joinedMicros",
  case when e.end_reason = 'accepted' or ${hasOffer} then e.offer_id end as "offerBookingId",
  case when ${hasOffer} then b.hold_expires_at end as "offeredUntil",
  case when ${hasOffer} then holdfast.is_notified(e.clinic_no, e.offer_id) end as "isOfferNotified",
  e.erased_at as "erasedAt"`

/** The order of first_waiting.sql. */
const rank = sql`o.urgency desc, o.missed, o.joined_at, o.id`

/**
 * The rows of some entries. A position counts the open entries up to one: of those that wait for the same doctor or
 * specialization, or for one that includes the other, and for the same visit type. One pass over who waits for these
 * specializations numbers all of them, so a page of a hundred does not read the list a hundred times.
 */
const entryRows = (condition: Sql, order: Sql, limit: number) => sql`
  with page as materialized (
    select ${entryColumns}, coalesce(e.specialization, r.specialization) as "wanted"
      from holdfast.waitlist_entry e
      join holdfast.clinic c on c.no = e.clinic_no
      left join holdfast.resource r on r.clinic_no = e.clinic_no and r.id = e.resource_id
      left join holdfast.booking b on b.clinic_no = e.clinic_no and b.id = e.offer_id
     where ${condition} order by ${order} limit ${limit}
  ), open as (
    select o.*, coalesce(o.specialization, r.specialization) as wanted
      from holdfast.waitlist_entry o
      join holdfast.clinic c on c.no = o.clinic_no
      left join holdfast.resource r on r.clinic_no = o.clinic_no and r.id = o.resource_id
     where o.clinic_no in (select p."clinicNo" from page p where p.status = 'waiting') and o.ended_at is null
       and o.to_date >= (statement_timestamp() at time zone c.timezone)::date
  ), numbered as (
    select o.clinic_no, o.id,
           (case when o.resource_id is null
                   then row_number() over (partition by o.clinic_no, o.visit_type_id, o.wanted order by ${rank})
                 else row_number() over (partition by o.clinic_no, o.visit_type_id, o.resource_id order by ${rank})
                      + count(*) filter (where o.resource_id is null)
                          over (partition by o.clinic_no, o.visit_type_id, o.wanted order by ${rank})
            end)::integer as position
      from open o
     where (o.clinic_no, o.wanted) in (select p."clinicNo", p."wanted" from page p where p.status = 'waiting')
  )
  select p.*, n.position
    from page p
    left join numbered n on n.clinic_no = p."clinicNo" and n.id = p.id and p.status = 'waiting'`

/**
 * What became of offer `o` to entry `e`. An offer that ended with its entry is stored as declined; offers that the
 * patient had declined before were closed earlier. A lapsed one reads as closed.
 */
const outcomeOf = sql`case
  when o.outcome = 'declined' and e.end_reason = 'removed' and o.closed_at >= e.ended_at then 'removed'
  else coalesce(o.outcome, case when o.ends_at <= statement_timestamp() then 'lapsed' end) end`

const oldestFirst = { page: sql`e.joined_at, e.id`, all: sql`p."joinedAt", p.id` }
/** The order of first_waiting.sql, as `rank`. */
const nextFirst = {
  page: sql`e.urgency desc, e.missed, e.joined_at, e.id`,
  all: sql`p.urgency desc, p.missed, p."joinedAt", p.id`,
}
const newestFirst = { page: sql`e.joined_at desc, e.id desc`, all: sql`p."joinedAt" desc, p.id desc` }

/** Reads of the waitlist. A lapsed offer reads as closed, whether or not it was marked. */
export function waitlistReads(pool: pg.Pool, shards: ShardPools): Omit<Waitlist, 'join' | 'leave' | 'correct'> {
  const read = async (condition: Sql, order: typeof oldestFirst, limit: number, of = pool) => {
    const { rows } = await of.query<EntryRow>(sql`${entryRows(condition, order.page, limit)} order by ${order.all}`)
    return rows
  }
  return {
    async entry(entryId, access = null) {
      if (!isId(entryId)) return null
      const condition = sql`e.clinic_no = ${clinicNoOf(entryId)} and e.id = ${entryId} and ${isAccessible(access)}`
      const [row] = await read(condition, oldestFirst, 1)
      return row === undefined ? null : entryOf(row)
    },

    async entriesOfClinic({ clinicNo, status, doctorId, specialization, q, limit, cursor: after }) {
      const conditions = [sql`e.clinic_no = ${clinicNo}`]
      const statuses = status === 'open' ? ['waiting', 'offered'] : [status]
      if (status !== null) conditions.push(sql`${statusOf} = any (${statuses}::text[])`)
      // An index finds the open ones: so few that they can be sorted by rank.
      const isByRank = status === 'waiting' || status === 'offered' || status === 'open'
      if (isByRank) conditions.push(sql`e.ended_at is null`)
      if (doctorId !== null) conditions.push(sql`e.resource_id = ${isId(doctorId) ? doctorId : null}`)
      if (specialization !== null) conditions.push(sql`e.specialization = ${specialization}`)
      if (q !== null) conditions.push(matchesEntry(q))
      if (q !== null && !isByRank && !isId(q.trim().toLowerCase())) {
        const isSearched = isAmongNewest(clinicNo)
        conditions.push(status === null ? sql`(e.ended_at is null or ${isSearched})` : isSearched)
      }
      if (after !== null) conditions.push(isByRank ? isAfterRank(after) : isAfterJoined(after))
      const rows = await read(join(conditions, ' and '), isByRank ? nextFirst : oldestFirst, limit + 1)
      return pageOf(rows, limit, entryOf, ({ urgency, missed, joinedMicros, id }) =>
        isByRank
          ? rankCursor.encode(String(urgency), String(missed), joinedMicros, id)
          : cursor.encode(joinedMicros, id),
      )
    },

    async entriesOfAccount(accountId) {
      const rows = await placedRowsOf(shards, (shard, elsewhereNos) => {
        const ofAccount = sql`e.account_id = ${accountId} and ${isHere(sql`e.clinic_no`, elsewhereNos)}`
        return read(ofAccount, newestFirst, ofAccountMax, shard)
      })
      return rows.toSorted(byNewest).slice(0, ofAccountMax).map(entryOf)
    },

    async openEntriesOfEmail(clinicNo, email) {
      const { rows } = await pool.query<{ id: string; patient: Patient }>(sql`
        select e.id, e.patient
          from holdfast.waitlist_entry e join holdfast.clinic c on c.no = e.clinic_no
         where e.clinic_no = ${clinicNo} and ${isOpen}
           and lower(btrim(e.patient->>'email')) = ${normalizedEmail(email)}
         order by e.joined_at desc, e.id desc limit ${ofEmailMax}`)
      return rows.toReversed()
    },

    async withFreeTimes(clinicNo, entryIds, knows) {
      if (entryIds.length === 0) return new Set()
      // Entries that wait for the same are first judged together, as of nobody, for the most days and the fewest
      // places: where nothing is free, which takes longest to find out, that is all.
      const { rows } = await pool.query<{ id: string }>(sql`
        select e.id
          from (select array_agg(e) as entries, max(e.to_date) as to_date, min(e.units) as units
                  from holdfast.waitlist_entry e
                  join holdfast.clinic c on c.no = e.clinic_no
                 where e.clinic_no = ${clinicNo} and e.id = any (${entryIds}::uuid[]) and ${isOpen}
                   and e.offer_id is null
                 group by e.resource_id, e.specialization, e.visit_type_id, e.weekdays, e.time_from, e.time_to,
                          greatest(e.from_date, (statement_timestamp() at time zone c.timezone)::date)) w
         cross join lateral (
           select holdfast.can_book_elsewhere(
                    jsonb_populate_record(w.entries[1], jsonb_build_object(
                      'id', null, 'patient', null, 'account_id', null, 'to_date', w.to_date, 'units', w.units)),
                    '{}', statement_timestamp(), ${knows === 'desk'}) as by_anybody offset 0) f
         cross join lateral unnest(w.entries) e
         cross join lateral (
           select case when ${knows === 'account'} then jsonb_populate_record(e, '{"patient": null}') else e end
                    as known) k
         where f.by_anybody and holdfast.can_book_elsewhere(k.known, '{}', statement_timestamp(),
                                                            ${knows === 'desk'})`)
      return new Set(rows.map(({ id }) => id))
    },

    async bookedSince(clinicNo, entryIds) {
      if (entryIds.length === 0) return new Map()
      const { rows } = await pool.query<LaterVisit & { entryId: string }>(sql`
        select v.entry_id as "entryId", v.booking_id as "bookingId", v.starts_at as "startsAt"
          from holdfast.booked_since(${clinicNo}, ${entryIds}::uuid[], statement_timestamp()) v`)
      return new Map(rows.map(({ entryId, ...visit }) => [entryId, visit]))
    },

    async offersOf(entryId, access = null) {
      if (!isId(entryId)) return null
      // Who has access and what they read are of one snapshot.
      const { rows } = await pool.query<WaitlistOffer | { bookingId: null }>(sql`
        select o.booking_id as "bookingId", o.slot_id as "slotId", s.starts_at as "startsAt",
               o.offered_at as "offeredAt", o.ends_at as "endsAt", o.position,
               ${outcomeOf} as outcome,
               coalesce(o.closed_at, case when o.ends_at <= statement_timestamp() then o.ends_at end) as "closedAt"
          from holdfast.waitlist_entry e
          left join holdfast.waitlist_offer o on o.clinic_no = e.clinic_no and o.entry_id = e.id
          left join holdfast.slot s on s.clinic_no = o.clinic_no and s.id = o.slot_id
         where e.clinic_no = ${clinicNoOf(entryId)} and e.id = ${entryId} and ${isAccessible(access)}
         order by o.offered_at, o.booking_id`)
      return rows.length === 0 ? null : rows.filter((row): row is WaitlistOffer => row.bookingId !== null)
    },

    async offerStates(bookings) {
      const unaccepted = bookings.filter(({ status }) => mayBeOffer.has(status))
      if (unaccepted.length === 0) return new Map()
      const { rows } = await pool.query<{ bookingId: string; state: OfferState }>(sql`
        select o.booking_id as "bookingId", coalesce(${outcomeOf}, 'open') as state
          from holdfast.waitlist_offer o
          join holdfast.waitlist_entry e on e.clinic_no = o.clinic_no and e.id = o.entry_id
         where o.clinic_no = any (${unaccepted.map(({ clinicNo }) => clinicNo)}::integer[])
           and o.booking_id = any (${unaccepted.map(({ id }) => id)}::uuid[])
           and o.outcome is distinct from 'accepted'`)
      return new Map(rows.map(({ bookingId, state }) => [bookingId, state]))
    },

    async patientOfOffer(bookingId) {
      if (!isId(bookingId)) return null
      const { rows } = await pool.query<{ patient: Patient }>(sql`
        select e.patient
          from holdfast.booking b
          join holdfast.waitlist_entry e on e.clinic_no = b.clinic_no and e.id = b.waitlist_entry_id
         where b.clinic_no = ${clinicNoOf(bookingId)} and b.id = ${bookingId} and b.status = 'PENDING'`)
      return rows[0]?.patient ?? null
    },

    async waitingFor(doctorId, visitTypeId) {
      if (!isId(doctorId)) return null
      const isSame = sql`e.visit_type_id is not distinct from ${visitTypeId}::uuid`
      const { rows } = await pool.query<{ waiting: number; waitingForSame: number }>(sql`
        select w.*
          from holdfast.resource r join holdfast.clinic c on c.no = r.clinic_no
         cross join lateral (
           select count(*)::integer as waiting, (count(*) filter (where ${isSame}))::integer as "waitingForSame"
             from holdfast.waitlist_entry e
            where e.clinic_no = r.clinic_no and ${isOpen}
              and (e.resource_id = r.id or e.specialization = r.specialization)) w
         where r.clinic_no = ${clinicNoOf(doctorId)} and r.id = ${doctorId} and r.kind = 'doctor' and r.active`)
      return rows[0] ?? null
    },
  }
}

/** Whether the caller has access to entry `e`. */
function isAccessible(access: BookingAccess | null): Sql {
  return access === null ? sql`true` : sql`holdfast.has_entry_access(e, ${accessJson(access)})`
}

function byNewest(one: EntryRow, other: EntryRow): number {
  return Number(BigInt(other.joinedMicros) - BigInt(one.joinedMicros)) || (one.id > other.id ? -1 : 1)
}

/** A search of ended entries looks at `e`: it compares the newest ones alone, which an index finds. */
function isAmongNewest(clinicNo: number): Sql {
  return sql`(e.joined_at, e.id) >= (
    select n.joined_at, n.id
      from (select o.joined_at, o.id from holdfast.waitlist_entry o
             where o.clinic_no = ${clinicNo} order by o.joined_at desc, o.id desc limit ${waitlistSearchedMax}) n
     order by n.joined_at, n.id limit 1)`
}

function isAfterJoined(after: string): Sql {
  const [micros, id] = cursor.decode(after)
  return sql`(e.joined_at, e.id) > (${timeOfMicros(micros)}, ${id}::uuid)`
}

function isAfterRank(after: string): Sql {
  const [urgency, missed, micros, id] = rankCursor.decode(after)
  return sql`(-e.urgency, e.missed, e.joined_at, e.id) >
    (-${urgency}::integer, ${missed}::integer, ${timeOfMicros(micros)}, ${id}::uuid)`
}

function entryOf({ joinedMicros: _, wanted: __, urgency, ...row }: EntryRow): WaitlistEntry {
  return { ...row, urgency: waitlistUrgencies[urgency] ?? 'routine' }
}
