import type pg from 'pg'
import sql from 'sql-template-tag'
import type { AnnouncedTransaction } from '../database/announced-transaction.ts'
import { canChange } from '../database/can-change-sql.ts'
import { oneRow } from '../database/one-row.ts'
import { inTransaction } from '../database/pools.ts'
import { lockedMessage, lockedTriesMax, unlessLocked } from '../database/unless-locked.ts'
import { clinicNoOf } from '../model/id.ts'

/**
 * `position`: of the last step; null: there was none. `isLocked`: another session has locked slots of the doctor, who
 * is left to the jobs.
 */
export type FilledDoctor = { isDone: boolean; isLocked: boolean; position: string | null }

/** How long a run of the job works on one doctor, so that the others have their turns. */
const doctorMsMax = 3_000

/**
 * Creates what a doctor's working hours have up to the clinic's booking horizon, and withdraws what former ones have
 * left, in steps, each of which is a transaction, until `endMs` of `performance.now()`. A step that was interrupted is
 * done by the next call.
 */
export async function fillDoctor(write: AnnouncedTransaction, doctorId: string, endMs: number): Promise<FilledDoctor> {
  const filled: FilledDoctor = { isDone: false, isLocked: false, position: null }
  let tries = 0
  do {
    const step = await unlessLocked(write, (transaction) => fillStep(transaction, doctorId))
    if (step === 'locked') {
      tries += 1
      filled.isLocked = tries === lockedTriesMax
    } else {
      tries = 0
      filled.isDone = step.is_done
      filled.position = step.tx ?? filled.position
    }
  } while (!filled.isDone && !filled.isLocked && performance.now() < endMs)
  return filled
}

type Step = { is_done: boolean; has_changed: boolean; tx: string | null }

async function fillStep(transaction: pg.PoolClient, doctorId: string): Promise<Step> {
  const row = oneRow(
    await transaction.query<Step>(sql`
    select * from holdfast.fill_working_hours(${clinicNoOf(doctorId)}::integer, ${doctorId}::uuid)`),
  )
  return row
}

type DueQuery = {
  limit: number
  signal?: AbortSignal | undefined
  msMax: number
  onError(error: unknown, doctor: { clinicNo: number; doctorId: string }): void
}

/**
 * Fills the calendars of active doctors up to the booking horizons of their clinics: one doctor of each clinic after
 * the other, those that are filled least far first. The doctors of a clinic of whom one is locked come last: each of
 * them may take as long. Safe to run in several processes at once.
 *
 * @returns of how many doctors
 * @throws AggregateError after the last doctor, with what `onError` was called with: one that fails, or whose slots
 *   are locked, does not hold up the others
 */
export async function fillDueDoctors(pool: pg.Pool, { limit, signal, msMax, onError }: DueQuery): Promise<number> {
  const endMs = performance.now() + msMax
  const { rows } = await pool.query<{ clinicNo: number; doctorId: string }>(sql`
    select w.clinic_no as "clinicNo", w.resource_id as "doctorId"
      from holdfast.working_calendar w
      join holdfast.clinic c on c.no = w.clinic_no
      join holdfast.resource r on r.clinic_no = w.clinic_no and r.id = w.resource_id and r.active
     where (w.filled_until is null
            or w.filled_until < greatest((statement_timestamp() at time zone c.timezone)::date + c.booking_horizon_days,
                                         w.reaches_until))
       and ${canChange(sql`w.clinic_no`)}
     order by row_number() over (partition by w.clinic_no order by w.filled_until nulls first),
              w.filled_until nulls first
     limit ${limit}`)
  const doctors = rows.map((row) => ({ ...row, isLast: false }))
  const lockedClinics = new Set<number>()
  let count = 0
  const errors: unknown[] = []
  // Those who are put at the end are among them.
  for (const { clinicNo, doctorId, isLast } of doctors) {
    if (signal?.aborted === true || performance.now() > endMs) break
    if (lockedClinics.has(clinicNo) && !isLast) {
      doctors.push({ clinicNo, doctorId, isLast: true })
      continue
    }
    try {
      // Nothing is announced: servers read what has changed from the log.
      const untilMs = Math.min(endMs, performance.now() + doctorMsMax)
      const { isLocked } = await fillDoctor((work) => inTransaction(pool, work), doctorId, untilMs)
      if (isLocked) {
        lockedClinics.add(clinicNo)
        throw new Error(lockedMessage)
      }
      count += 1
    } catch (error) {
      errors.push(error)
      onError(error, { clinicNo, doctorId })
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `Calendars of ${errors.length} doctors were not filled.`)
  return count
}
