import { slotsToComeMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { cursorOf } from '../lists/cursor.ts'
import type { Booking } from '../model/booking.ts'
import type {
  CaseTime,
  ClosureEffect,
  ClosureSubject,
  Closures,
  ClosureTime,
  ConcernedCases,
} from '../model/closure.ts'
import type { Page } from '../model/page.ts'
import { liveBookings } from './live-bookings.ts'

type EffectQuery = Parameters<Closures['effect']>[0]
type Concerned = ClosureSubject & { clinicNo: number; time: ClosureTime }

const effectCursor = cursorOf('closed bookings', ['micros', 'id'])
/** So many cases are named, the first ones. */
const casesNamed = 10
/** Of a page; those that start with the last one come with it. */
const slotsPerPage = 200
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** What a closure of these times concerns: counts, and a page of the bookings. */
export async function closureEffect(pool: pg.Pool, query: EffectQuery): Promise<ClosureEffect> {
  const bookings = await bookingsIn(pool, query)
  return { counts: query.cursor === null ? await countsOf(pool, query) : null, bookings }
}

async function countsOf(pool: pg.Pool, concerned: Concerned): Promise<ClosureEffect['counts']> {
  const { rows } = await pool.query<Omit<NonNullable<ClosureEffect['counts']>, keyof ConcernedCases>>(sql`
    select count(*)::integer as slots, count(c.blocked_at)::integer as "blockedSlots",
           count(*) filter (where c.taken > 0)::integer as "takenSlots",
           coalesce(sum(c.taken), 0)::integer as "takenUnits",
           (select count(*)::integer from (${sessionsIn(concerned)} limit ${slotsToComeMax}) o) as sessions
      from (select s.blocked_at, s.taken from ${slotsIn(concerned)} limit ${slotsToComeMax}) c`)
  const [counts] = rows
  if (counts === undefined) return null
  return { ...counts, ...(await casesIn(pool, concerned)) }
}

/** The cases at times of a closure. One of the whole clinic leaves its operating rooms open. */
async function casesIn(pool: pg.Pool, { clinicNo, doctorId, time }: Concerned): Promise<ConcernedCases> {
  if (doctorId === null) return { cases: 0, firstCases: [] }
  const { localStart, localEnd, yearly } = time
  return casesDuring(
    pool,
    { clinicNo, doctorId },
    sql`
    select o.during from holdfast.clinic c
     cross join lateral holdfast.closure_occurrences(
       ${localStart}::timestamp, ${localEnd}::timestamp, ${yearly}::boolean, c.timezone, statement_timestamp(),
       statement_timestamp() + interval '3 years') o(during)
     where c.no = ${clinicNo}`,
  )
}

export function casesOf(
  pool: pg.Pool,
  { from, to, ...of }: Parameters<Closures['casesOf']>[0],
): Promise<ConcernedCases> {
  return casesDuring(pool, of, sql`select tstzrange(${from}::timestamptz, ${to}::timestamptz)`)
}

/** The cases to come of a doctor that overlap one of the times: what they take. */
async function casesDuring(
  pool: pg.Pool,
  { clinicNo, doctorId }: { clinicNo: number; doctorId: string },
  times: Sql,
): Promise<ConcernedCases> {
  const { rows } = await pool.query<CaseTime & { cases: number }>(sql`
    select c.booking_id as "caseId", c.starts_at as "startsAt", c.ends_at as "endsAt", r.name as room,
           (count(*) over ())::integer as cases
      from (select distinct t.booking_id, t.starts_at, t.ends_at, t.room_id
              from (${times}) o(during)
              join holdfast.allocation a
                on a.clinic_no = ${clinicNo} and a.resource_id = ${doctorId} and a.during && o.during
              join holdfast.theatre_case t on t.clinic_no = a.clinic_no and t.booking_id = a.booking_id
             where t.starts_at > statement_timestamp()
             limit ${slotsToComeMax}) c
      join holdfast.resource r on r.clinic_no = ${clinicNo} and r.id = c.room_id
     order by c.starts_at, c.booking_id limit ${casesNamed}`)
  return { cases: rows[0]?.cases ?? 0, firstCases: rows.map(({ cases: _all, ...one }) => one) }
}

/** A condition on the slot `s`, which overlaps the time `o.during`: the closure concerns it. */
function isConcerned({ doctorId, resourceId }: ClosureSubject): Sql {
  if (doctorId !== null) return sql`s.resource_id = ${doctorId}`
  if (!resourceId) return sql`true`
  return sql`exists (select from holdfast.allocation a
                      where a.clinic_no = s.clinic_no and a.booking_id = s.id and a.resource_id = ${resourceId}
                        and a.during && o.during)`
}

/** A table `s`: the slots to come of doctors that overlap a time of the closure. No slot begins in three years. */
function slotsIn({ clinicNo, time: { localStart, localEnd, yearly }, ...subject }: Concerned): Sql {
  return sql`(
    select s.* from holdfast.clinic c
     cross join lateral holdfast.closure_occurrences(
       ${localStart}::timestamp, ${localEnd}::timestamp, ${yearly}::boolean, c.timezone, statement_timestamp(),
       statement_timestamp() + interval '3 years') o(during)
      join holdfast.slot s on s.clinic_no = c.no and holdfast.time_of_slot(s) && o.during
       -- No slot lasts longer.
       and s.starts_at > lower(o.during) - interval '8 days' and s.starts_at < upper(o.during) + interval '4 hours'
      join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id and r.kind = 'doctor'
     where c.no = ${clinicNo} and holdfast.takes_time(s) and s.starts_at > statement_timestamp()
       and ${isConcerned(subject)}) s`
}

/** The open sessions of doctors that are not over and overlap a time of the closure. Of a room or device: none. */
function sessionsIn({ clinicNo, doctorId, resourceId, time: { localStart, localEnd, yearly } }: Concerned): Sql {
  return sql`
    select distinct s.id from holdfast.clinic c
     cross join lateral holdfast.closure_occurrences(
       ${localStart}::timestamp, ${localEnd}::timestamp, ${yearly}::boolean, c.timezone, statement_timestamp(),
       statement_timestamp() + interval '3 years') o(during)
      join holdfast.open_session s on s.clinic_no = c.no and tstzrange(s.starts_at, s.ends_at) && o.during
       -- No session lasts longer.
       and s.starts_at > lower(o.during) - interval '25 hours' and s.starts_at < upper(o.during)
     where c.no = ${clinicNo} and s.withdrawn_at is null and s.ends_at > statement_timestamp()
       and ${!resourceId} and ${doctorId === null ? sql`true` : sql`s.resource_id = ${doctorId}`}`
}

async function bookingsIn(pool: pg.Pool, query: EffectQuery): Promise<Page<Booking>> {
  const { clinicNo, limit, cursor } = query
  const [micros, id] = cursor === null ? [] : effectCursor.decode(cursor)
  const after = micros === undefined || id === undefined ? null : { startsAt: new Date(Number(micros) / 1_000), id }
  const { rows } = await pool.query<{ id: string; startsAt: Date }>(sql`
    select s.id, s.starts_at as "startsAt" from ${slotsIn(query)}
     where s.taken > 0 and ${after === null ? sql`true` : sql`s.starts_at >= ${after.startsAt}`}
     order by s.starts_at fetch first ${slotsPerPage} rows with ties`)
  const last = rows.at(-1)
  if (last === undefined) return { items: [], nextCursor: null }
  const ids = rows.map((row) => row.id)
  const slots = sql`s.clinic_no = ${clinicNo} and s.id = any (${ids}::uuid[])`
  const found = await liveBookings(pool, { slots, lastStart: last.startsAt, limit: limit + 1, after })
  const items = found.slice(0, limit)
  const end = items.at(-1)
  if (found.length > limit && end !== undefined) return { items, nextCursor: cursorBehind(end.startsAt, end.id) }
  return { items, nextCursor: rows.length < slotsPerPage ? null : cursorBehind(last.startsAt, lastId) }
}

function cursorBehind(startsAt: Date, id: string): string {
  return effectCursor.encode(String(startsAt.getTime() * 1_000), id)
}
