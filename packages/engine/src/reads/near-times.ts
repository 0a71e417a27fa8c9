import { seriesLimits, timesMax, timesSearchedMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { visitRefusal } from '../bookings/time-refusal.ts'
import { isId } from '../model/id.ts'
import type { FreeTime, NearTimes, NearTimesQuery } from '../model/near-times.ts'
import type { VisitRefusal } from '../model/session.ts'
import { availableUnits, isBookableByDesk, isBookableTime } from './bookable-sql.ts'

/** How far from the time that was wanted others are looked for, so many days before and after it. */
const nearDays = 3
/** The time that was wanted, and those instead. */
const foundMax = 1 + seriesLimits.alternativesMax

type Row = { n: number; id: string; starts_at: Date; ends_at: Date }

/** The free times nearest to each start: the rules are those of `listTimes` and `listSlots`. */
export async function nearTimes(pool: pg.Pool, query: NearTimesQuery): Promise<NearTimes[]> {
  const { doctorId, visitTypeId, starts } = query
  if (!isId(doctorId) || (visitTypeId !== null && !isId(visitTypeId))) return starts.map(noneNear)
  const free = await freeNear(pool, query)
  const isFree = ({ startsAt, free: [first] }: Found) => first?.startsAt.getTime() === startsAt.getTime()
  const refused = free.filter((one) => !isFree(one)).map(({ startsAt }) => startsAt)
  const refusals = refused.length === 0 ? new Map<number, VisitRefusal>() : await refusalsOf(pool, query, refused)
  return free.map((one) => ({
    ...one,
    refusal: isFree(one) ? null : (refusals.get(one.startsAt.getTime()) ?? { kind: 'time_not_offered' }),
  }))
}

type Found = Pick<NearTimes, 'startsAt' | 'free'>

const noneNear = (startsAt: Date): NearTimes => ({ startsAt, free: [], refusal: { kind: 'time_not_offered' } })

async function freeNear(pool: pg.Pool, query: NearTimesQuery): Promise<Found[]> {
  const { visitTypeId, starts } = query
  const { rows } = await pool.query<Row>(sql`
    select i.n::integer as n, t.id, t.starts_at, t.ends_at
      from unnest(${starts}::timestamptz[]) with ordinality i(at, n)
     cross join lateral (
       select f.* from (${visitTypeId === null ? freeSlots(query) : freeTimes(query, visitTypeId)}) f
        order by abs(extract(epoch from f.starts_at - i.at)), f.starts_at
        limit ${foundMax}) t
     order by i.n, abs(extract(epoch from t.starts_at - i.at)), t.starts_at`)
  const byStart = Map.groupBy(rows, ({ n }) => n)
  return starts.map((startsAt, index) => ({
    startsAt,
    free: (byStart.get(index + 1) ?? []).map((row) => freeTime(row, visitTypeId !== null)),
  }))
}

async function refusalsOf(
  pool: pg.Pool,
  query: NearTimesQuery,
  starts: readonly Date[],
): Promise<Map<number, VisitRefusal>> {
  const { visitTypeId } = query
  const { rows } = await pool.query<{ at: Date; refusal: string }>(sql`
    select i.at, ${visitTypeId === null ? refusalOfSlot(query) : refusalOfTime(query, visitTypeId)} as refusal
      from unnest(${starts}::timestamptz[]) i(at)`)
  return new Map(rows.map(({ at, refusal }) => [at.getTime(), visitRefusal(refusal)]))
}

function refusalOfTime(
  { clinicNo, doctorId, appointmentType, onBehalf, accountId, movedId = null }: NearTimesQuery,
  visitTypeId: string,
): Sql {
  return sql`holdfast.refusal_of_all(${clinicNo}::integer, ${visitTypeId}::uuid, i.at, ${appointmentType}::text,
    ${onBehalf}::boolean, ${accountId}::uuid, ${doctorId}::uuid, ${movedId !== null}::boolean)`
}

function refusalOfSlot({ clinicNo, doctorId, appointmentType, onBehalf }: NearTimesQuery): Sql {
  return sql`coalesce((
    select case when not r.active then 'slot_closed:doctor_inactive'
                when ${appointmentType}::text <> all (r.appointment_types) then 'appointment_type_not_offered'
                when ${onBehalf}::boolean and s.ends_at <= statement_timestamp() then 'slot_closed:ended'
                when not ${onBehalf}::boolean and s.starts_at <= statement_timestamp() then 'slot_closed:started'
                when s.blocked_at is not null then 'slot_closed:doctor_busy'
                when not ${onBehalf}::boolean
                     and s.starts_at < statement_timestamp() + make_interval(mins => c.minimum_notice_minutes)
                  then 'slot_closed:minimum_notice'
                when not ${onBehalf}::boolean
                     and s.starts_at > statement_timestamp() + make_interval(days => c.booking_horizon_days)
                  then 'slot_closed:booking_horizon'
                else 'slot_full' end
      from holdfast.slot s
      join holdfast.clinic c on c.no = s.clinic_no
      join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
     where s.clinic_no = ${clinicNo} and s.resource_id = ${doctorId} and s.starts_at = i.at
       and s.session_id is null and s.withdrawn_at is null
     limit 1), 'time_not_offered')`
}

function freeTime({ id, starts_at: startsAt, ends_at: endsAt }: Row, isOfSession: boolean): FreeTime {
  return isOfSession ? { startsAt, endsAt, sessionId: id } : { startsAt, endsAt, slotId: id }
}

/** Between which times those near `i.at` begin. */
function windowOf({ exact = false }: NearTimesQuery): { from: Sql; to: Sql } {
  if (exact) return { from: sql`i.at`, to: sql`i.at + interval '1 microsecond'` }
  const near = sql`make_interval(days => ${nearDays})`
  return { from: sql`i.at - ${near}`, to: sql`i.at + ${near}` }
}

function freeTimes(query: NearTimesQuery, visitTypeId: string): Sql {
  const { clinicNo, doctorId, appointmentType, onBehalf, accountId, movedId = null } = query
  const { from, to } = windowOf(query)
  return sql`
    select o.session_id as id, o.starts_at, o.ends_at
      from holdfast.times_of_clinic(
        ${clinicNo}::integer, ${doctorId}::uuid, ${visitTypeId}::uuid, ${from}, ${to},
        ${appointmentType}::text, ${onBehalf}::boolean, ${accountId}::uuid, ${timesMax}::integer,
        ${timesSearchedMax}::integer, ${movedId}::uuid) o
     where o.session_id is not null`
}

function freeSlots(query: NearTimesQuery): Sql {
  const { clinicNo, doctorId, appointmentType, onBehalf } = query
  const { from, to } = windowOf(query)
  return sql`
    select s.id, s.starts_at, s.ends_at
      from holdfast.slot s
      join holdfast.clinic c on c.no = s.clinic_no
      join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
     where s.clinic_no = ${clinicNo} and s.resource_id = ${doctorId} and r.active
       and s.starts_at >= ${from} and s.starts_at <= ${to}
       and coalesce(${appointmentType}::text = any (r.appointment_types), true)
       and ${onBehalf ? isBookableByDesk : isBookableTime} and ${availableUnits} >= 1`
}
