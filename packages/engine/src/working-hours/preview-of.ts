import { workingHoursLimits } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { liveBookings } from '../calendars/live-bookings.ts'
import { inTransaction, largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { clinicNoOf } from '../model/id.ts'
import type { NewWorkingHours, WorkingCounts, WorkingHoursPreview } from '../model/working-hours.ts'
import { ledBackTo, writeHours } from './replace-hours.ts'

type Action = 'creates' | 'withdraws' | 'keeps' | 'conflicts' | 'affected'
type CountRow = { what: 'sessions' | 'slots'; action: Action; count: number }
type AffectedRow = { id: string; startsAt: Date }

/**
 * What these working hours would change: they are written in a transaction that is rolled back. It locks no slot,
 * and not the calendar: fill_working_hours would wait for that while it has the doctor's lock.
 */
export async function previewOf(pool: pg.Pool, hours: NewWorkingHours): Promise<WorkingHoursPreview> {
  const { counts, slots } = await inTransaction(pool, async (transaction) => {
    await transaction.query('savepoint before_hours')
    await writeHours(transaction, hours)
    const planned = await planOf(transaction, hours)
    await transaction.query('rollback to savepoint before_hours')
    return planned
  })
  const countOf = (action: Action): WorkingCounts => ({
    sessions: counts.find((one) => one.what === 'sessions' && one.action === action)?.count ?? 0,
    slots: counts.find((one) => one.what === 'slots' && one.action === action)?.count ?? 0,
  })
  const lastStart = slots.at(-1)?.startsAt
  const ofSlots = sql`s.clinic_no = ${clinicNoOf(hours.doctorId)} and s.id = any (${slots.map(({ id }) => id)}::uuid[])`
  return {
    creates: countOf('creates'),
    withdraws: countOf('withdraws'),
    keeps: countOf('keeps'),
    conflicts: countOf('conflicts'),
    affected:
      lastStart === undefined
        ? []
        : await liveBookings(pool, { slots: ofSlots, lastStart, limit: workingHoursLimits.affectedMax }),
    affectedSlots: countOf('affected').slots,
  }
}

async function planOf(transaction: pg.PoolClient, { doctorId, validFrom }: NewWorkingHours) {
  // The days that fill_working_hours has to do.
  const plan = sql`
    select p.*
      from holdfast.clinic c
      left join holdfast.working_calendar w on w.clinic_no = c.no and w.resource_id = ${doctorId}
     cross join lateral (select (statement_timestamp() at time zone c.timezone)::date as today) t
     cross join lateral holdfast.working_hours_plan(
       c.no, ${doctorId}, greatest(${ledBackTo(validFrom)} + 1, t.today - 1),
       greatest(t.today + c.booking_horizon_days, w.reaches_until), statement_timestamp()) p
     where c.no = ${clinicNoOf(doctorId)}`
  const counts = await transaction.query<CountRow>(
    withQueryTimeout(
      sql`
        select case p.what when 'session' then 'sessions' else 'slots' end as what,
               case p.action when 'create' then 'creates' when 'withdraw' then 'withdraws'
                             when 'conflict' then 'conflicts' when 'affected' then 'affected' else 'keeps' end
                 as action,
               count(*)::integer as count
          from (${plan}) p group by 1, 2`,
      largeWriteMs,
    ),
  )
  const slots = await transaction.query<AffectedRow>(
    withQueryTimeout(
      sql`
        select p.id, p.starts_at as "startsAt" from (${plan}) p
         where p.action = 'affected' order by p.starts_at, p.id limit ${workingHoursLimits.affectedMax}`,
      largeWriteMs,
    ),
  )
  return { counts: counts.rows, slots: slots.rows }
}
