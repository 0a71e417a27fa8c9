import { DatabaseUnavailable } from '@holdfast/engine'
import { isOutcomeUnknown } from './error-handler.ts'
import { ProblemError } from './problem-error.ts'

/**
 * Reads what the response to a write contains, after its commit. If that fails, the response is that the outcome is
 * unknown, and not that nothing was written: a retry with the same Idempotency-Key gets it.
 *
 * @throws DatabaseUnavailable with `outcomeUnknown`
 */
export async function afterCommit<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    const isRefusal = error instanceof ProblemError && error.code !== 'unavailable'
    if (isRefusal || isOutcomeUnknown(error)) throw error
    throw new DatabaseUnavailable('The response to a committed write could not be read.', {
      outcomeUnknown: true,
      cause: error,
    })
  }
}
