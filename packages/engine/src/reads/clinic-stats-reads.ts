import type pg from 'pg'
import type { BookingStatus } from '../bookings/booking.ts'
import { inTransaction } from '../database.ts'
import type { Reads } from '../engine.ts'
import { idFloor } from '../id.ts'
import { availableSql } from './bookable-sql.ts'
import type { ClinicStats } from './clinic-stats.ts'
import { localDays } from './local-days.ts'

// $1 clinic, $2 and $3 the days' starts and ends as instants
const daysSql = `unnest($2::timestamptz[], $3::timestamptz[]) with ordinality d(day_start, day_end, n)`

// `available` gives lapsed holds back, so what is left of the capacity is taken.
const slotsByDay = `
  select d.n::integer as n, coalesce(sum(s.capacity), 0)::bigint as capacity, coalesce(sum(s.capacity - s.available), 0)::bigint as taken
    from ${daysSql}
    left join lateral (
      select s.capacity, ${availableSql} as available from holdfast.slot s
       where s.clinic_no = $1 and s.starts_at >= d.day_start and s.starts_at < d.day_end and s.withdrawn_at is null) s on true
   group by d.n order by d.n`

const bookingsByDay = `
  with counted as materialized (
    select d.n, b.units, b.created_at, s.starts_at,
           case when b.lapsed then 'FAILED' else b.status end as status,
           case when b.lapsed then 'hold_expired' else b.failure_reason end as failure_reason
      from ${daysSql}
      join holdfast.slot s on s.clinic_no = $1 and s.starts_at >= d.day_start and s.starts_at < d.day_end
     cross join lateral (
       select b.units, b.created_at, b.status, b.failure_reason, b.hold_expires_at <= statement_timestamp() as lapsed
         from holdfast.booking b
        where b.clinic_no = $1 and b.slot_id = s.id and b.id < $4 and b.status = 'PENDING'
       union all
       select b.units, b.created_at, b.status, b.failure_reason, false
         from holdfast.booking b
        where b.clinic_no = $1 and b.slot_id = s.id and b.id < $4 and b.status <> 'PENDING') b
  )
  select g.n::integer as n, g.status, count(*)::integer as bookings,
         count(*) filter (where g.failure_reason = 'hold_expired')::integer as lapsed, null::float8 as lead_hours
    from counted g group by g.n, g.status
  union all
  select null, null, 0, 0,
         percentile_cont(0.5) within group (order by extract(epoch from g.starts_at - g.created_at)::float8 / 3600)
    from counted g where g.status not in ('FAILED', 'CANCELLED')`

type SlotsRow = { n: number; capacity: number; taken: number }
type BookingsRow = {
  n: number | null
  status: BookingStatus | null
  bookings: number
  lapsed: number
  lead_hours: number | null
}

/** Figures over local days, of one moment: both queries read one snapshot. */
export function statsReads(pool: pg.Pool): Pick<Reads, 'clinicStats'> {
  return {
    clinicStats: ({ clinicNo, from, to }) =>
      inTransaction(
        pool,
        async (transaction) => {
          const clinic = await transaction.query<{ timezone: string }>(
            'select timezone from holdfast.clinic where no = $1',
            [clinicNo],
          )
          const days = localDays(from, to, clinic.rows[0]?.timezone ?? 'UTC')
          const values = [clinicNo, days.map((day) => day.start), days.map((day) => day.end)]
          const slots = await transaction.query<SlotsRow>(slotsByDay, values)
          const until = idFloor(new Date((days.at(-1)?.end.getTime() ?? 0) + 86_400_000))
          const bookings = await transaction.query<BookingsRow>(bookingsByDay, [...values, until])
          return statsOf(days, slots.rows, bookings.rows)
        },
        'begin isolation level repeatable read read only',
      ),
  }
}

function statsOf(dates: { date: string }[], slots: SlotsRow[], bookings: BookingsRow[]): ClinicStats {
  const totals = { PENDING: 0, CONFIRMED: 0, FAILED: 0, CANCELLED: 0, ARRIVED: 0, NO_SHOW: 0, COMPLETED: 0 }
  const days: ClinicStats['days'] = dates.map(({ date }, index) => {
    const row = slots[index]
    return { date, capacity: row?.capacity ?? 0, taken: row?.taken ?? 0, bookings: {} }
  })
  let all = 0
  let lapsed = 0
  let leadTimeHoursMedian: number | null = null
  for (const row of bookings) {
    const day = row.n === null ? undefined : days[row.n - 1]
    if (day === undefined || row.status === null) {
      leadTimeHoursMedian = row.lead_hours
      continue
    }
    day.bookings[row.status] = row.bookings
    totals[row.status] += row.bookings
    all += row.bookings
    lapsed += row.lapsed
  }
  const capacity = days.reduce((sum, day) => sum + day.capacity, 0)
  const taken = days.reduce((sum, day) => sum + day.taken, 0)
  return {
    days,
    totals,
    utilisation: ratio(taken, capacity),
    lapseRate: ratio(lapsed, all),
    noShowRate: ratio(totals.NO_SHOW, totals.ARRIVED + totals.COMPLETED + totals.NO_SHOW),
    leadTimeHoursMedian,
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
