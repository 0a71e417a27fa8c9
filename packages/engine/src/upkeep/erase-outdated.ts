import type pg from 'pg'
import sql from 'sql-template-tag'
import { canChange } from '../database/can-change-sql.ts'
import { stepsMax } from '../database/repeat-until-fewer.ts'

const slotsPerCallMax = 200

/**
 * Erases the patients of bookings that are older than their clinic allows, in small transactions, clinic by clinic.
 * Safe to call from any number of processes at once: each clinic is done by one of them. `signal` ends it between two
 * transactions; a clinic with very many is continued by the next run.
 *
 * @returns how many bookings were erased
 * @throws AggregateError after the last clinic, with what failed: a clinic that fails does not hold up the others
 */
export async function eraseOutdated(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  const clinics = await pool.query<{ no: number }>(sql`
    select no from holdfast.clinic where patient_data_months > 0 and ${canChange(sql`no`)} order by no`)
  let total = 0
  const errors: unknown[] = []
  for (const { no } of clinics.rows) {
    try {
      for (let [isDone, steps] = [false, 0]; !isDone && steps < stepsMax && signal?.aborted !== true; steps += 1) {
        const { rows } = await pool.query<{ erased: number; is_done: boolean }>(sql`
          select erased, is_done from holdfast.erase_outdated(${no}, ${slotsPerCallMax})`)
        total += rows[0]?.erased ?? 0
        isDone = rows[0]?.is_done ?? true
      }
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) {
    throw new AggregateError(errors, `Patients of ${errors.length} of ${clinics.rows.length} clinics were not erased.`)
  }
  return total
}
