import { passOnLapsedPlaces, passOnLapsedPlacesOfAllMonths } from '@holdfast/engine'
import type pg from 'pg'
import { repeatEvery } from '../lifecycle/repeat-every.ts'
import type { Logger } from '../observe/logger.ts'
import type { RunningJobs } from './run-jobs.ts'

/** How long a lapsed place may stay free before it is offered to the waitlist. */
const everyMsDefault = 2_000
/**
 * The time between two looks at holds that lapsed more than a day ago: no server has run since, or nobody waited then.
 */
const allMonthsEveryMs = 3_600_000
/**
 * The number of runs after which it looks again, if the last look failed or found holds that another session had
 * locked.
 */
const againAfterRuns = 10

/**
 * Offers lapsed places to those who wait for them, in every server: an offer must not depend on a worker, as a message
 * does. While nobody waits anywhere, it costs one look into an index.
 *
 * @param everyMs between two runs
 */
export function startPassingOnPlaces(deps: { pool: pg.Pool; log: Logger; everyMs?: number }): RunningJobs {
  const { pool, log, everyMs = everyMsDefault } = deps
  let allMonthsNextMs = Number.NEGATIVE_INFINITY
  async function passOn(signal: AbortSignal): Promise<void> {
    await passOnLapsedPlaces(pool, signal)
    const nowMs = performance.now()
    if (nowMs < allMonthsNextMs) return
    allMonthsNextMs = nowMs + againAfterRuns * everyMs
    const { isComplete } = await passOnLapsedPlacesOfAllMonths(pool, signal)
    if (isComplete) allMonthsNextMs = nowMs + allMonthsEveryMs
  }
  return repeatEvery(passOn, {
    everyMs,
    onFailure: (error) =>
      log.warn({ err: error }, 'lapsed places could not be offered to who waits, and are tried again'),
  })
}
