import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { isHere, placedRowsOf, type ShardPools } from '../database/shard-pools.ts'
import { cursorOf } from '../lists/cursor.ts'
import { microsOf, timeOfMicros } from '../lists/micros-sql.ts'
import { pageOf } from '../lists/page.ts'
import type { Page } from '../model/page.ts'
import type { SeenAppointment, SeenData, SeenDataQuery } from '../model/personal-data.ts'
import { partsAround, partsOfAll } from '../reads/booking-ids.ts'
import { viewsOf } from './views-of.ts'

/** The parts of a position: the time, the number in its database, and the clinic's number. */
const viewCursor = cursorOf('data views', ['micros', 'micros', 'count'])

/** So many appointments, and so many entries of the waitlist, of each database are looked up: the newest. */
const ownMax = 1_000
/** Of a list that showed more of somebody's appointments, so many are named. */
const namedMax = 10

type ViewRow = Omit<SeenData, 'appointments' | 'waitlistEntryIds'> & {
  /** The clinic's: it says in which database the row belongs. */
  id: string
  clinicNo: number
  seq: string
  micros: string
  subjects: string[]
}
type FoundView = ViewRow & Pick<SeenData, 'appointments' | 'waitlistEntryIds'>

/** Who has seen what the account has in all clinics, the latest first. @throws InvalidCursor */
export async function dataViews(shards: ShardPools, query: SeenDataQuery): Promise<Page<SeenData>> {
  const after = query.cursor === null ? null : viewCursor.decode(query.cursor)
  const limit = query.limit + 1
  const found = await placedRowsOf(shards, async (pool, elsewhereNos) => {
    const own = await ownIds(pool, query.accountId)
    const { rows } = await pool.query<ViewRow>(pageQuery(query.accountId, own, { after, limit, elsewhereNos }))
    return withAppointments(pool, rows, own)
  })
  return pageOf(
    found.toSorted(latestFirst).slice(0, limit),
    query.limit,
    ({ id: _id, clinicNo: _no, seq: _seq, micros: _micros, subjects: _subjects, ...view }) => view,
    ({ micros, seq, clinicNo }) => viewCursor.encode(micros, seq, String(clinicNo)),
  )
}

function latestFirst(one: ViewRow, other: ViewRow): number {
  return (
    Number(BigInt(other.micros) - BigInt(one.micros)) ||
    Number(BigInt(other.seq) - BigInt(one.seq)) ||
    other.clinicNo - one.clinicNo
  )
}

type OwnIds = { bookings: readonly string[]; entries: readonly string[] }

async function ownIds(pool: pg.Pool, accountId: string): Promise<OwnIds> {
  const bookings: string[] = []
  for (const { from, until } of (await partsOfAll(pool, new Date())).toReversed()) {
    const { rows } = await pool.query<{ id: string }>(sql`
      select b.id from holdfast.booking b
       where b.account_id = ${accountId} and b.id >= ${from} and b.id < ${until}
       order by b.id desc limit ${ownMax - bookings.length}`)
    bookings.push(...rows.map(({ id }) => id))
    if (bookings.length === ownMax) break
  }
  const entries = await pool.query<{ id: string }>(sql`
    select w.id from holdfast.waitlist_entry w where w.account_id = ${accountId}
     order by w.joined_at desc, w.id desc limit ${ownMax}`)
  return { bookings, entries: entries.rows.map(({ id }) => id) }
}

type PageStart = { after: readonly [string, string, string] | null; limit: number; elsewhereNos: readonly number[] }

/** What the account itself did is no view of others, and neither is what Holdfast did by itself. */
function pageQuery(accountId: string, own: OwnIds, { after, limit, elsewhereNos }: PageStart): Sql {
  const ids = [accountId, ...own.bookings, ...own.entries]
  const isAfter =
    after === null
      ? sql`true`
      : sql`(e.at, e.seq, e.clinic_no) < (${timeOfMicros(after[0])}, ${after[1]}::bigint, ${after[2]}::integer)`
  // Of the account itself, the rest is about roles and sign-ins.
  const condition = sql`
    e.actor_kind <> 'system' and e.actor_id is distinct from ${accountId}
    and (e.subject_id is distinct from ${accountId} or e.kind = 'data_exported')
    and ${isHere(sql`e.clinic_no`, elsewhereNos)} and ${isAfter}`
  return sql`
    select c.id, v.clinic_no as "clinicNo", c.id as "clinicId", c.name as "clinicName", v.at, v.seq::text as seq,
           ${microsOf(sql`v.at`)} as micros, v.kind, v.count, v.details, v.actor_kind as "actorKind", v.role, v.subjects
      from (${viewsOf(ids, condition)}) v
      join holdfast.clinic c on c.no = v.clinic_no
     order by v.at desc, v.seq desc, v.clinic_no desc
     limit ${limit}`
}

async function withAppointments(pool: pg.Pool, rows: readonly ViewRow[], own: OwnIds): Promise<FoundView[]> {
  const [bookings, entries] = [new Set(own.bookings), new Set(own.entries)]
  const seen = rows.map((row) => ({ row, ids: row.subjects.filter((id) => bookings.has(id)).slice(-namedMax) }))
  const named = new Map<string, SeenAppointment>()
  const ids = [...new Set(seen.flatMap((one) => one.ids))]
  for (const { from, until } of partsAround(ids)) {
    const appointments = await pool.query<SeenAppointment>(sql`
      select b.id as "bookingId", s.starts_at as "startsAt", r.name as "doctorName"
        from holdfast.booking b
        join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
        join holdfast.resource r on r.clinic_no = b.clinic_no and r.id = b.resource_id
       where b.id = any (${ids}::uuid[]) and b.id >= ${from} and b.id < ${until}`)
    for (const appointment of appointments.rows) named.set(appointment.bookingId, appointment)
  }
  return seen.map(({ row, ids: bookingIds }) => ({
    ...row,
    appointments: bookingIds.flatMap((id) => named.get(id) ?? []),
    waitlistEntryIds: row.subjects.filter((id) => entries.has(id)).slice(-namedMax),
  }))
}
