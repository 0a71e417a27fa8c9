import { setTimeout as delay } from 'node:timers/promises'
import { passOnLapsedPlaces } from '@holdfast/engine'
import type pg from 'pg'
import type { Logger } from '../observe/logger.ts'
import type { RunningJobs } from './run-jobs.ts'

/** For so long at most, a lapsed place that somebody waits for is nobody's. */
const everyMsDefault = 2_000

/**
 * Offers lapsed places to those who wait for them, in every server: an offer must not depend on a worker, as a message
 * does. While nobody waits anywhere, it costs one look into an index.
 *
 * @param everyMs between two runs
 */
export function startPassingOnPlaces(deps: { pool: pg.Pool; log: Logger; everyMs?: number }): RunningJobs {
  const { pool, log, everyMs = everyMsDefault } = deps
  const stopping = new AbortController()
  const { signal } = stopping
  const pause = () => delay(everyMs, undefined, { signal }).catch(() => undefined)

  async function passOn(): Promise<void> {
    let isFailing = false
    while (!signal.aborted) {
      try {
        await passOnLapsedPlaces(pool, signal)
        isFailing = false
      } catch (error) {
        if (!isFailing) log.warn({ err: error }, 'lapsed places could not be offered to who waits, and are tried again')
        isFailing = true
      }
      await pause()
    }
  }

  const running = passOn()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
