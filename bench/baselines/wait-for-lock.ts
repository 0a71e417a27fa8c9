import { setTimeout as delay } from 'node:timers/promises'
import type { Outcome } from './strategy.ts'

const triesMax = 5
const pauseMs = 4

/** Runs `work` once `take` has acquired the lock; tries a few times, with growing pauses, before it refuses. */
export async function withLock(
  take: () => Promise<boolean>,
  release: () => Promise<unknown>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  for (let tries = 1; !(await take()); tries += 1) {
    if (tries === triesMax) return { kind: 'slot_locked' }
    await delay(pauseMs * tries * (0.5 + Math.random()))
  }
  try {
    return await work()
  } finally {
    await release()
  }
}
