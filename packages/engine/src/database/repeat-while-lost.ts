import { setTimeout as delay } from 'node:timers/promises'
import { isConnectionLost } from './database-unavailable.ts'

const repetitionsMax = 5
const againMs = 1_000

/**
 * Repeats a statement whose connection was lost: it may have been committed or not. For statements that are idempotent.
 *
 * @throws Error if the database is away for longer than a few seconds
 */
export async function repeatWhileLost<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let repetitions = 0; ; repetitions += 1) {
    try {
      return await run()
    } catch (error) {
      if (repetitions === repetitionsMax || !isConnectionLost(error)) throw error
      await delay(againMs)
    }
  }
}
