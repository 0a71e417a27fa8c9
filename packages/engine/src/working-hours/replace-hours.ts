import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNoOf, newId } from '../model/id.ts'
import type { NewWorkingHours, TooManyHours, WorkingHoursChanged } from '../model/working-hours.ts'
import { tooManyHours } from './hours-size.ts'

/** How far a calendar `w` is filled when hours from `validFrom` on are written. */
export const ledBackTo = (validFrom: string) => sql`
  case when w.filled_until >= ${validFrom}::date then ${validFrom}::date - 1 else w.filled_until end`

/**
 * Writes working hours in place of all from `validFrom` on, and leads the filling of the calendar back to the day
 * before them. Of former hours, the days before stay. Changes of a doctor's hours wait for each other until their
 * transactions end.
 *
 * @returns why nothing was written; null: it was
 */
export async function replaceHours(
  transaction: pg.PoolClient,
  hours: NewWorkingHours,
): Promise<WorkingHoursChanged | TooManyHours | null> {
  const { doctorId, validFrom, validUntil, bands } = hours
  const clinicNo = clinicNoOf(doctorId)
  await transaction.query(sql`
    select pg_advisory_xact_lock(hashtextextended('holdfast.working_hours ' || ${doctorId}::text, 0))`)
  const { version, isSame } = await writtenHours(transaction, hours)
  // A repetition after a lost response comes with the version before.
  if (!isSame && hours.version !== null && hours.version !== version) return { kind: 'working_hours_changed', version }
  // Other hours may have been written since the preview.
  const refusal = await tooManyHours(transaction, hours)
  if (refusal !== null) return refusal
  await transaction.query(sql`
    delete from holdfast.working_hours
     where clinic_no = ${clinicNo} and resource_id = ${doctorId} and valid_from >= ${validFrom}::date`)
  await transaction.query(sql`
    update holdfast.working_hours set valid_until = ${validFrom}::date - 1
     where clinic_no = ${clinicNo} and resource_id = ${doctorId}
       and (valid_until is null or valid_until >= ${validFrom}::date)`)
  await transaction.query(sql`
    insert into holdfast.working_hours (clinic_no, id, resource_id, valid_from, valid_until, bands)
    values (${clinicNo}, ${newId(clinicNo)}, ${doctorId}, ${validFrom}::date, ${validUntil}::date,
            ${JSON.stringify(bands)}::jsonb)`)
  await transaction.query(sql`
    insert into holdfast.working_calendar as w (clinic_no, resource_id, version) values (${clinicNo}, ${doctorId}, 1)
    on conflict (clinic_no, resource_id) do update
       set filled_until = ${ledBackTo(validFrom)}, version = w.version + ${isSame ? 0 : 1}`)
  return null
}

/** The version of a doctor's hours, and whether the last of them are these. */
async function writtenHours(
  transaction: pg.PoolClient,
  { doctorId, validFrom, validUntil, bands }: NewWorkingHours,
): Promise<{ version: number; isSame: boolean }> {
  const { rows } = await transaction.query<{ version: number; isSame: boolean }>(sql`
    select coalesce((select w.version from holdfast.working_calendar w
                      where w.clinic_no = ${clinicNoOf(doctorId)} and w.resource_id = ${doctorId}), 0) as version,
           coalesce((select (h.valid_from, coalesce(h.valid_until, 'infinity'), h.bands)
                            = (${validFrom}::date, coalesce(${validUntil}::date, 'infinity'),
                               ${JSON.stringify(bands)}::jsonb)
                       from holdfast.working_hours h
                      where h.clinic_no = ${clinicNoOf(doctorId)} and h.resource_id = ${doctorId}
                      order by h.valid_from desc limit 1), false) as "isSame"`)
  const [row] = rows
  if (row === undefined) throw new Error(`The working hours of ${doctorId} have no version.`)
  return row
}

/** Whether all visit types that the bands name exist. They are never deleted. */
export async function visitTypesExist(pool: pg.Pool, { doctorId, bands }: NewWorkingHours): Promise<boolean> {
  const ids = [...new Set(bands.flatMap(({ visitTypeIds }) => visitTypeIds ?? []))]
  if (ids.length === 0) return true
  const { rowCount } = await pool.query(sql`
    select from holdfast.visit_type
     where clinic_no = ${clinicNoOf(doctorId)} and id = any (${ids}::uuid[]) and part_ids is null`)
  return rowCount === ids.length
}

/**
 * Notes that the working hours of a clinic are at other instants now: called in the transaction that changes its zone.
 * The jobs fill the calendars again.
 */
export async function refillWorkingHours(transaction: pg.PoolClient, clinicNo: number): Promise<void> {
  await transaction.query(sql`
    update holdfast.working_calendar set filled_until = null where clinic_no = ${clinicNo}`)
}
