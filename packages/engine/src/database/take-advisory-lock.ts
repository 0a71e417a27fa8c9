import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { advisoryLocks } from './advisory-locks.ts'

export const advisoryWaitMinutesMax = 5
const pollMs = 100

/**
 * Takes an advisory lock of the session. It polls, because a statement that waits would hold a snapshot, which holds
 * back vacuum and the tail of the log.
 *
 * @param onWait called once if another session has the lock
 * @returns false: others have had it for {@link advisoryWaitMinutesMax} minutes
 */
export async function takeAdvisoryLock(
  client: pg.Client,
  name: keyof typeof advisoryLocks,
  onWait: () => void = () => {},
): Promise<boolean> {
  const deadline = performance.now() + advisoryWaitMinutesMax * 60_000
  for (let hasWaited = false; ; hasWaited = true) {
    const { rows } = await client.query<{ taken: boolean }>(
      sql`select pg_try_advisory_lock(${advisoryLocks[name][0]}, ${advisoryLocks[name][1]}) as taken`,
    )
    if (rows[0]?.taken === true) return true
    if (!hasWaited) onWait()
    if (performance.now() > deadline) return false
    await delay(pollMs)
  }
}
