import { workingHoursLimits } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { liveBookings } from '../calendars/live-bookings.ts'
import { refusedWith } from '../database/database-unavailable.ts'
import { inTransaction } from '../database/pools.ts'
import { clinicNoOf } from '../model/id.ts'
import type { NewWorkingHours, WorkingCounts, WorkingHoursPreview } from '../model/working-hours.ts'
import { ledBackTo } from './replace-hours.ts'

type Action = 'creates' | 'withdraws' | 'keeps' | 'conflicts' | 'affected'
/** `slotIds`: of the affected slots, the first by start; `lastStart`: of the last of these. */
type PlanRow = { what: 'sessions' | 'slots'; action: Action; count: number; slotIds: string[] | null; lastStart: Date }

const statementCancelled = '57014'

/**
 * What these working hours would change; null: planning it takes longer than `msMax`. Nothing is written, and
 * nothing locked: a transaction with an id would hold back the log of all clinics until it ends.
 */
export async function previewOf(
  pool: pg.Pool,
  hours: NewWorkingHours,
  msMax: number = workingHoursLimits.previewMsMax,
): Promise<WorkingHoursPreview | null> {
  const plan = await planOf(pool, hours, msMax)
  if (plan === null) return null
  const countOf = (action: Action): WorkingCounts => ({
    sessions: plan.find((one) => one.what === 'sessions' && one.action === action)?.count ?? 0,
    slots: plan.find((one) => one.what === 'slots' && one.action === action)?.count ?? 0,
  })
  const { slotIds, lastStart } = plan.find(({ action }) => action === 'affected') ?? { slotIds: null, lastStart: null }
  const ofSlots = sql`s.clinic_no = ${clinicNoOf(hours.doctorId)} and s.id = any (${slotIds}::uuid[])`
  return {
    creates: countOf('creates'),
    withdraws: countOf('withdraws'),
    keeps: countOf('keeps'),
    conflicts: countOf('conflicts'),
    affected:
      lastStart === null
        ? []
        : await liveBookings(pool, { slots: ofSlots, lastStart, limit: workingHoursLimits.affectedMax }),
    affectedSlots: countOf('affected').slots,
  }
}

async function planOf(pool: pg.Pool, { doctorId, validFrom, validUntil, bands }: NewWorkingHours, msMax: number) {
  const { affectedMax } = workingHoursLimits
  // The days that fill_working_hours has to do.
  const plan = sql`
    select p.*
      from holdfast.clinic c
      left join holdfast.working_calendar w on w.clinic_no = c.no and w.resource_id = ${doctorId}
     cross join lateral (select (statement_timestamp() at time zone c.timezone)::date as today) t
     cross join lateral holdfast.working_hours_plan(
       c.no, ${doctorId}, greatest(${ledBackTo(validFrom)} + 1, t.today - 1),
       greatest(t.today + c.booking_horizon_days, w.reaches_until), statement_timestamp(),
       ${JSON.stringify({ validFrom, validUntil, bands })}::jsonb) p
     where c.no = ${clinicNoOf(doctorId)}`
  const counts = sql`
    select q.what, q.action, count(*)::integer as count,
           (array_agg(q.id order by q.starts_at, q.id) filter (where q.action = 'affected'))[:${affectedMax}::integer]
             as "slotIds",
           (array_agg(q.starts_at order by q.starts_at, q.id)
              filter (where q.action = 'affected'))[least(count(*), ${affectedMax})] as "lastStart"
      from (select case p.what when 'session' then 'sessions' else 'slots' end as what,
                   case p.action when 'create' then 'creates' when 'withdraw' then 'withdraws'
                                 when 'conflict' then 'conflicts' when 'affected' then 'affected' else 'keeps' end
                     as action,
                   p.id, p.starts_at
              from (${plan}) p) q
     group by 1, 2`
  try {
    return await inTransaction(
      pool,
      async (transaction) => {
        await transaction.query(sql`select set_config('statement_timeout', ${`${msMax}ms`}, true)`)
        return (await transaction.query<PlanRow>(counts)).rows
      },
      'begin isolation level repeatable read read only',
    )
  } catch (error) {
    if (refusedWith(error) === statementCancelled) return null
    throw error
  }
}
