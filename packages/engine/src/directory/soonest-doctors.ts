import type pg from 'pg'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { isHere, placedRowsOf, type ShardPools } from '../database/shard-pools.ts'
import { cursorOf } from '../lists/cursor.ts'
import { firstRows } from '../lists/first-rows.ts'
import { microsOf, timeOfMicros } from '../lists/micros-sql.ts'
import { pageOf } from '../lists/page.ts'
import type { Doctor } from '../model/doctor.ts'
import { clinicNoOf } from '../model/id.ts'
import type { Page } from '../model/page.ts'
import { availableUnits, isBookableTime } from '../reads/bookable-sql.ts'
import { type DoctorRow, doctorOf, firstFree, selectedDoctor } from './doctor-row.ts'

const soonestCursor = cursorOf('doctors by soonest', ['microsOrNone', 'name', 'id'])

export type SoonestQuery = {
  clinicId: string | null
  /** Conditions on `r`, the doctor. */
  conditions: readonly Sql[]
  limit: number
  cursor: string | null
}

/**
 * For up to `fewDoctors`, each doctor's next free time is looked up. For more, the next slots of all doctors are
 * scanned first: `scans` are the numbers of slots to try.
 */
export type SoonestPlan = { fewDoctors: number; scans: readonly number[] }

// Measured with 10,000 doctors: docs/decisions/0006.
const measuredPlan: SoonestPlan = { fewDoctors: 300, scans: [2_000, 50_000] }

type SoonestRow = DoctorRow & { next_micros: string | null }

/** The doctor after whom a page begins; `micros` null: one without a free time. */
type Start = { micros: string | null; name: string; id: string }

/**
 * The doctors by the time at which they can next be booked; those without a free time come last; equals by name and id.
 * One look-up per doctor would be up to 10,000 scans, and long ones if many calendars are full. So the next slots of
 * all doctors are scanned together until a page is full, and each doctor is looked up only if that does not fill it.
 *
 * @param shards whose doctors are listed together
 * @throws InvalidCursor for a cursor of another list, also of the doctors by name
 */
export async function soonestDoctors(
  shards: ShardPools,
  query: SoonestQuery,
  plan: SoonestPlan = measuredPlan,
): Promise<Page<Doctor>> {
  const start = startOf(query.cursor)
  const found = await placedRowsOf(shards, (pool, elsewhereNos) => {
    const conditions = [...query.conditions, isHere(sql`r.clinic_no`, elsewhereNos)]
    return soonestOfShard(pool, { ...query, conditions }, start, plan)
  })
  const pools = shards.all()
  const [pool] = pools
  const isMerged = pool === undefined || pools.length === 1
  return soonestPage(isMerged ? found : await firstRows(pool, found, query.limit + 1), query.limit)
}

/** Reads at least `limit + 1` rows, or all that there are. */
async function soonestOfShard(
  pool: pg.Pool,
  query: SoonestQuery,
  start: Start | null,
  plan: SoonestPlan,
): Promise<SoonestRow[]> {
  const few = await doctorsIfFew(pool, query, plan.fewDoctors)
  // A scan of slots never finds doctors without a free time.
  const scans = few !== null || start?.micros === null ? [] : plan.scans
  for (const slotsMax of scans) {
    const rows = await alongSlots(pool, query, start, slotsMax)
    if (rows.length > query.limit) return rows
  }
  return oneByOne(pool, query, start, few)
}

function startOf(cursor: string | null): Start | null {
  if (cursor === null) return null
  const [micros, name, id] = soonestCursor.decode(cursor)
  return { micros: micros === 'none' ? null : micros, name, id }
}

function soonestPage(rows: SoonestRow[], limit: number): Page<Doctor> {
  return pageOf(rows, limit, doctorOf, (last) => soonestCursor.encode(last.next_micros ?? 'none', last.name, last.id))
}

/** The ids of all that match; null: there are more than `max`. */
async function doctorsIfFew(pool: pg.Pool, { conditions }: SoonestQuery, max: number): Promise<string[] | null> {
  const { rows } = await pool.query<{ id: string }>(sql`
    select r.id from holdfast.resource r where ${all(conditions)} limit ${max + 1}`)
  return rows.length > max ? null : rows.map(({ id }) => id)
}

/**
 * The doctors whose first free slot is among the next `slotsMax` slots, or those that begin together with the last of
 * them. All these doctors come before all others.
 */
async function alongSlots(
  pool: pg.Pool,
  { clinicId, conditions, limit }: SoonestQuery,
  start: Start | null,
  slotsMax: number,
): Promise<SoonestRow[]> {
  const ahead = [sql`s.withdrawn_at is null`, sql`s.starts_at > statement_timestamp()`]
  if (clinicId !== null) ahead.push(sql`s.clinic_no = ${clinicNoOf(clinicId)}`)
  const wanted = [sql`r.active`, ...conditions]
  let isFirst = empty
  if (start !== null && start.micros !== null) {
    const time = timeOfMicros(start.micros)
    ahead.push(sql`s.starts_at >= ${time}`)
    wanted.push(sql`(f.starts_at, r.name, r.id) > (${time}, ${start.name}, ${start.id}::uuid)`)
    // Doctors with an earlier free slot are on earlier pages.
    isFirst = sql`join lateral (${firstFree}) n on n.starts_at = r.starts_at`
  }
  // Sorted before the join that checks each doctor, so that it stops when the page is full.
  const { rows } = await pool.query<SoonestRow>(sql`
    with ahead as (
      select s.* from holdfast.slot s where ${all(ahead)}
       order by s.starts_at fetch first ${slotsMax} rows with ties
    ), first_free as (
      select s.clinic_no, s.resource_id, min(s.starts_at) as starts_at
        from ahead s
        join holdfast.clinic c on c.no = s.clinic_no
       where ${isBookableTime} and ${availableUnits} > 0
       group by s.clinic_no, s.resource_id
    )
    select ${selectedDoctor}, ${microsOf(sql`r.starts_at`)} as next_micros
      from (select r.*, f.starts_at
              from first_free f
              join holdfast.resource r on r.clinic_no = f.clinic_no and r.id = f.resource_id
             where ${all(wanted)}
             order by f.starts_at, r.name, r.id offset 0) r
      join holdfast.clinic c on c.no = r.clinic_no
      ${isFirst}
     order by r.starts_at, r.name, r.id
     limit ${limit + 1}`)
  return rows
}

/** Looks up the next free time of each doctor: `few` of them, or all that match. */
async function oneByOne(
  pool: pg.Pool,
  { conditions, limit }: SoonestQuery,
  start: Start | null,
  few: readonly string[] | null,
): Promise<SoonestRow[]> {
  const matching = [...conditions]
  if (few !== null) {
    matching.push(sql`(r.clinic_no, r.id) in (
      select i.clinic_no, i.id from unnest(${few.map((id) => clinicNoOf(id))}::integer[], ${few}::uuid[])
        i(clinic_no, id))`)
  }
  let behind = sql`true`
  if (start !== null) {
    const later = sql`(r.name, r.id) > (${start.name}, ${start.id}::uuid)`
    if (start.micros === null) matching.push(later)
    behind =
      start.micros === null
        ? sql`n.starts_at is null`
        : sql`(n.starts_at is null or n.starts_at > ${timeOfMicros(start.micros)}
          or n.starts_at = ${timeOfMicros(start.micros)} and ${later})`
  }
  // Doctors without a free time are ordered by name alone: read in that order, it stops when the page is full.
  const isByName = start?.micros === null
  const { rows } = await pool.query<SoonestRow>(sql`
    select ${selectedDoctor}, ${microsOf(sql`n.starts_at`)} as next_micros
      from (select r.* from holdfast.resource r where ${all(matching)}
            ${isByName ? sql`order by r.name, r.id offset 0` : empty}) r
      join holdfast.clinic c on c.no = r.clinic_no
      left join lateral (${firstFree}) n on true
     where ${behind}
     order by ${isByName ? empty : sql`n.starts_at nulls last, `}r.name, r.id
     limit ${limit + 1}`)
  return rows
}

function all(conditions: readonly Sql[]): Sql {
  return join(conditions, ' and ')
}
