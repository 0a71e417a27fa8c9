import { setTimeout as delay } from 'node:timers/promises'
import { type Blocker, findBlockers } from '@holdfast/engine'
import type pg from 'pg'
import type { Logger } from './logger.ts'

const minuteMs = 60_000
/** How long and how often to look for sessions that wait: those of the statement that has failed do not any more. */
const lookMs = 10_000
const intervalMs = 200

/**
 * Logs, at most once a minute, that statements wait too long for locks, with the sessions that have these locks. The
 * claims of a locked slot wait again and again, so that somebody waits while the lock is there.
 */
export function lockTimeoutLog(log: Pick<Logger, 'warn'>): (pool: pg.Pool) => void {
  let loggedAtMs = Number.NEGATIVE_INFINITY
  return (pool) => {
    const now = performance.now()
    if (loggedAtMs > now - minuteMs) return
    loggedAtMs = now
    void blockersOf(pool).then((blockers) => {
      log.warn({ blockers }, 'statements wait too long for locks that these sessions have')
    })
  }
}

/** Empty: nobody waits any more, or the database does not say. */
async function blockersOf(pool: pg.Pool): Promise<Blocker[]> {
  const until = performance.now() + lookMs
  while (performance.now() < until) {
    const blockers = await findBlockers(pool).catch(() => [])
    if (blockers.length > 0) return blockers
    await delay(intervalMs, undefined, { ref: false })
  }
  return []
}
