import { Worker } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import { problem } from '../edge/errors/problem-error.ts'
import { resultOfThread } from '../lifecycle/limited-thread.ts'
import type { HolidayQuery, PublicHolidays } from './public-holidays.ts'

const megabytesMax = 192
const cpuMsMax = 10_000
/** However busy the machine is. */
const wallMsMax = 20_000
const threadsMax = 2
/** Each takes 0.2 to 0.4 s of the processor. */
const waitingMax = 8
const retryAfterSeconds = 5
/** Results that are stored: a few countries in a few years. */
const storedMax = 50

export type ReadHolidays = (query: HolidayQuery) => Promise<PublicHolidays>

/**
 * Reads public holidays of countries and their regions, as date-holidays knows them, in another thread: loading the
 * rules of all countries takes 0.4 s of the processor and 40 MB, which no other request waits for, and no process
 * has that never needs it.
 *
 * The promises reject with ProblemError overloaded, if too many wait, and with Error, if the thread does not respond in
 * time.
 */
export function createReadHolidays(): ReadHolidays {
  const limit = pLimit(threadsMax)
  const stored = new LRUCache<string, Promise<PublicHolidays>>({ max: storedMax })
  return (query) => {
    const { year, country, region, language } = query
    const key = [year, country, region, language].join('/')
    const known = stored.get(key)
    if (known !== undefined) return known
    if (limit.pendingCount >= waitingMax) {
      return Promise.reject(problem('overloaded', 'Too many holidays are being read.', { retryAfterSeconds }))
    }
    const reading = limit(() => readInThread(query))
    stored.set(key, reading)
    // What failed is read again.
    reading.catch(() => stored.delete(key))
    return reading
  }
}

async function readInThread(query: HolidayQuery): Promise<PublicHolidays> {
  const worker = new Worker(new URL('./holidays-worker.ts', import.meta.url), {
    workerData: query,
    resourceLimits: { maxOldGenerationSizeMb: megabytesMax },
  })
  const result = await resultOfThread<PublicHolidays>(worker, { cpuMsMax, wallMsMax })
  if (result.kind === 'message') return result.message
  throw new Error(
    `Public holidays could not be read: the thread has ${result.kind === 'ended' ? 'ended' : 'taken too long'}.`,
  )
}
