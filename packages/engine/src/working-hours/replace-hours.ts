import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNoOf, newId } from '../model/id.ts'
import type { NewWorkingHours } from '../model/working-hours.ts'

/** How far a calendar `w` is filled when hours from `validFrom` on are written. */
export const ledBackTo = (validFrom: string) => sql`
  case when w.filled_until >= ${validFrom}::date then ${validFrom}::date - 1 else w.filled_until end`

/**
 * Writes working hours in place of all from `validFrom` on, and leads the filling of the calendar back to the day before
 * them. Of former hours, the days before stay. Changes of a doctor's hours wait for each other until their transactions
 * end.
 */
export async function replaceHours(
  transaction: pg.PoolClient,
  { doctorId, validFrom, validUntil, bands }: NewWorkingHours,
): Promise<void> {
  const clinicNo = clinicNoOf(doctorId)
  await transaction.query(sql`
    select pg_advisory_xact_lock(hashtextextended('holdfast.working_hours ' || ${doctorId}::text, 0))`)
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
    insert into holdfast.working_calendar as w (clinic_no, resource_id) values (${clinicNo}, ${doctorId})
    on conflict (clinic_no, resource_id) do update set filled_until = ${ledBackTo(validFrom)}`)
}

/** Whether all visit types that the bands name exist. They are never deleted. */
export async function visitTypesExist(pool: pg.Pool, { doctorId, bands }: NewWorkingHours): Promise<boolean> {
  const ids = [...new Set(bands.flatMap(({ visitTypeIds }) => visitTypeIds ?? []))]
  if (ids.length === 0) return true
  const { rowCount } = await pool.query(sql`
    select from holdfast.visit_type where clinic_no = ${clinicNoOf(doctorId)} and id = any (${ids}::uuid[])`)
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
