import { setTimeout as delay } from 'node:timers/promises'
import { isConnectionLost, mayHaveRun, unknownOutcome } from './database-unavailable.ts'

const repetitionsMax = 5
const againMs = 1_000

/**
 * Repeats a statement whose connection was lost: it may have been committed or not. For statements that are idempotent.
 *
 * @param run gets the error by which it was lost before; null: it was not
 * @param pauseMs between two tries
 * @throws Error if the database is away for longer than a few seconds; DatabaseUnavailable with `outcomeUnknown` if the
 * last try has not run, but one before it may be committed
 */
export async function repeatWhileLost<Result>(
  run: (lost: unknown) => Promise<Result>,
  pauseMs: number = againMs,
): Promise<Result> {
  let lost: unknown = null
  let mayBeCommitted = false
  for (let repetitions = 0; ; repetitions += 1) {
    try {
      return await run(lost)
    } catch (error) {
      if (repetitions === repetitionsMax || !isConnectionLost(error)) {
        throw mayBeCommitted && !mayHaveRun(error) ? unknownOutcome(error) : error
      }
      mayBeCommitted ||= mayHaveRun(error)
      lost = error
      await delay(pauseMs)
    }
  }
}
