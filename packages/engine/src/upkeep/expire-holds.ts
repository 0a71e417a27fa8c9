import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { stepsMax } from '../database/repeat-until-fewer.ts'

const holdsPerStep = 1_000

/**
 * Expires the lapsed holds of the last day, in small transactions. Safe to call from any number of processes at
 * once. `signal` ends it between two transactions.
 *
 * @returns how many holds it expired
 */
export async function expireHolds(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  return (await untilNone(pool, sql`select holdfast.expire_holds(${holdsPerStep}) as count`, signal)).count
}

/**
 * Offers the places of lapsed holds to those who wait for them: in clinics with a waitlist, nobody else may have them,
 * so they are passed on as soon as they lapse, and not when {@link expireHolds} runs. Safe to call from any number of
 * processes at once.
 *
 * @returns how many holds it expired
 */
export async function passOnLapsedPlaces(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  const step = sql`select holdfast.expire_holds(${holdsPerStep}, p_awaited => true) as count`
  return (await untilNone(pool, step, signal)).count
}

/**
 * Expires lapsed holds of all months, one after the other: those of more than a day ago exist only if no
 * {@link expireHolds} has run for so long. One transaction for all months would lock every partition.
 *
 * @returns how many holds it expired
 * @throws AggregateError for months that failed, after all others
 */
export async function expireHoldsOfAllMonths(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  const stepOf = (month: Date) => sql`select holdfast.expire_holds(${holdsPerStep}, ${month}) as count`
  return (await ofAllMonths(pool, stepOf, signal)).count
}

/** How many holds were expired. `isComplete` false: others are left, which another session had locked. */
export type ExpiredHolds = { count: number; isComplete: boolean }

/**
 * {@link passOnLapsedPlaces} for holds of all months: of those that lapsed more than a day ago while no server ran.
 *
 * @throws AggregateError for months that failed, after all others
 */
export async function passOnLapsedPlacesOfAllMonths(pool: pg.Pool, signal?: AbortSignal): Promise<ExpiredHolds> {
  return await ofAllMonths(
    pool,
    (month) => sql`select holdfast.expire_holds(${holdsPerStep}, ${month}, p_awaited => true) as count`,
    signal,
  )
}

async function ofAllMonths(
  pool: pg.Pool,
  stepOf: (month: Date) => Sql,
  signal: AbortSignal | undefined,
): Promise<ExpiredHolds> {
  const { rows } = await pool.query<{ month: Date }>(sql`select month from holdfast.booking_months() month order by 1`)
  const all: ExpiredHolds = { count: 0, isComplete: true }
  const errors: unknown[] = []
  for (const { month } of rows) {
    try {
      const { count, isComplete } = await untilNone(pool, stepOf(month), signal)
      all.count += count
      all.isComplete &&= isComplete
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `Lapsed holds of ${errors.length} months were not expired.`)
  return all
}

async function untilNone(pool: pg.Pool, step: Sql, signal: AbortSignal | undefined): Promise<ExpiredHolds> {
  let total = 0
  for (let steps = 0; steps < stepsMax && signal?.aborted !== true; steps += 1) {
    const { rows } = await pool.query<{ count: number | null }>(step)
    const count = rows[0]?.count ?? null
    if (count === null || count === 0) return { count: total, isComplete: count === 0 }
    total += count
  }
  return { count: total, isComplete: false }
}
