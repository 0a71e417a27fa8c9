import { Worker } from 'node:worker_threads'
import type { BusyCalendarFailure } from '@holdfast/engine'
import type { BusyInCalendar, BusyWindow } from './busy-times-in.ts'

export type ExpandedCalendar =
  | ({ kind: 'read' } & BusyInCalendar)
  | { kind: 'failed'; reason: BusyCalendarFailure; problem: string }

const megabytesMax = 192
const checkMs = 200
/** So that a run of the job ends even if its thread gets no processor. */
const wallTimes = 6

/**
 * The busy times of an iCalendar text, calculated in another thread: a rule that never ends, or that takes all memory,
 * ends that thread and not this process. What is limited is processor time, because a machine that is busy must not
 * make calendars unreadable. Never rejects.
 */
export async function expandCalendar(text: string, window: BusyWindow, cpuMsMax = 10_000): Promise<ExpandedCalendar> {
  const worker = new Worker(new URL('./busy-times-worker.ts', import.meta.url), {
    workerData: { text, window },
    resourceLimits: { maxOldGenerationSizeMb: megabytesMax },
  })
  const result = Promise.withResolvers<ExpandedCalendar>()
  const tooLong = () => {
    const problem = `Reading it takes more than ${cpuMsMax / 1000} s of processor time.`
    result.resolve({ kind: 'failed', reason: 'too_large', problem })
  }
  const check = setInterval(() => {
    // Rejected if the thread has ended.
    const used = worker.cpuUsage().catch(() => ({ user: 0, system: 0 }))
    void used.then(({ user, system }) => {
      if ((user + system) / 1000 >= cpuMsMax) tooLong()
    })
  }, checkMs)
  const timeout = setTimeout(tooLong, cpuMsMax * wallTimes)
  worker.once('message', (read: ExpandedCalendar) => result.resolve(read))
  // It has used all of its memory.
  const end = () => result.resolve({ kind: 'failed', reason: 'too_large', problem: 'The calendar could not be read.' })
  worker.once('error', end)
  worker.once('exit', end)
  try {
    return await result.promise
  } finally {
    clearInterval(check)
    clearTimeout(timeout)
    await worker.terminate()
  }
}
