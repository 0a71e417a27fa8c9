import { messageOf } from '@holdfast/vocabulary'
import pTimeout from 'p-timeout'

/**
 * Runs a step of a drill.
 *
 * @param what as in "to stop nginx"; an error begins with it
 * @throws Error if the step fails, or has not finished within `msMax` milliseconds
 */
export async function limited<Result>(what: string, msMax: number, run: () => Promise<Result>): Promise<Result> {
  try {
    return await pTimeout(run(), { milliseconds: msMax, message: `not finished within ${msMax / 1_000} s` })
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error })
  }
}
