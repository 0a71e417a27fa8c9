import { setTimeout as delay } from 'node:timers/promises'
import { isLockLost } from './database-unavailable.ts'

/** How long a statement that changes the schema waits for a lock before it gives way to other sessions. */
export const schemaLockMs = 5_000
export const lockTriesMax = 12

export type WhileLocked = {
  /** How long each try waits for a lock. The pause after it is a tenth. Default {@link schemaLockMs}. */
  lockTimeoutMs?: number
  /** Default {@link lockTriesMax}. */
  triesMax?: number
  /** Called before the pause that follows a try. */
  onLocked?: (tries: number) => void
}

/**
 * Repeats what has not got a lock from other sessions, or has deadlocked with them, until the last try has failed. Then
 * it throws that error.
 */
export async function repeatWhileLocked<Result>(
  work: (tries: number) => Promise<Result>,
  { lockTimeoutMs = schemaLockMs, triesMax = lockTriesMax, onLocked = () => {} }: WhileLocked = {},
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work(tries)
    } catch (error) {
      if (!isLockLost(error) || tries === triesMax) throw error
      onLocked(tries)
      await delay(lockTimeoutMs / 10)
    }
  }
}
