import { sizeOfBands, workingHoursLimits } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNoOf } from '../model/id.ts'
import type { NewWorkingHours, TooManyHours, WorkingHoursVersion } from '../model/working-hours.ts'

type Around = { today: string; horizon: string; former: WorkingHoursVersion[] }

/**
 * Whether a doctor would have more hours than a calendar can be filled with in reasonable time: these, and those that
 * stay before them, whoever has set them one after the other.
 *
 * @returns why not; null: they may be written
 */
export async function tooManyHours(
  connection: pg.Pool | pg.PoolClient,
  hours: NewWorkingHours,
): Promise<TooManyHours | null> {
  const { today, horizon, former } = await around(connection, hours)
  const { versionsMax, sessionsMax, slotsMax } = workingHoursLimits
  const all = [...former, hours]
  const most = { horizon, kind: 'too_many_hours' } as const
  if (all.length > versionsMax) return { ...most, of: 'versions', max: versionsMax, found: all.length }
  const sizes = all.map(({ bands, ...days }) => sizeOfBands(bands, daysWithin(days, today, horizon)))
  const sessions = sizes.reduce((sum, size) => sum + size.sessions, 0)
  if (sessions > sessionsMax) return { ...most, of: 'sessions', max: sessionsMax, found: sessions }
  const slots = sizes.reduce((sum, size) => sum + size.slots, 0)
  if (slots > slotsMax) return { ...most, of: 'slots', max: slotsMax, found: slots }
  return null
}

/** The hours that stay before new ones, without those that are over. */
async function around(connection: pg.Pool | pg.PoolClient, { doctorId, validFrom }: NewWorkingHours): Promise<Around> {
  const { rows } = await connection.query<Around>(sql`
    select t.today::text as today, (t.today + t.days)::text as horizon,
           coalesce((select jsonb_agg(jsonb_build_object('validFrom', h.valid_from, 'bands', h.bands,
                                        'validUntil', least(h.valid_until, ${validFrom}::date - 1)))
                       from holdfast.working_hours h
                      where h.clinic_no = ${clinicNoOf(doctorId)} and h.resource_id = ${doctorId}
                        and h.valid_from < ${validFrom}::date
                        and least(h.valid_until, ${validFrom}::date - 1) >= t.today), '[]') as former
      from (select (statement_timestamp() at time zone c.timezone)::date as today, c.booking_horizon_days as days
              from holdfast.clinic c where c.no = ${clinicNoOf(doctorId)}) t`)
  const [row] = rows
  if (row === undefined) throw new Error(`The clinic of ${doctorId} is missing.`)
  return row
}

/** How many days of hours are from today to the horizon. */
function daysWithin(
  { validFrom, validUntil }: Omit<WorkingHoursVersion, 'bands'>,
  today: string,
  horizon: string,
): number {
  const first = Temporal.PlainDate.from(validFrom > today ? validFrom : today)
  const last = Temporal.PlainDate.from(validUntil !== null && validUntil < horizon ? validUntil : horizon)
  return Math.max(0, first.until(last).days + 1)
}
