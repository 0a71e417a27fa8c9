import { Worker } from 'node:worker_threads'
import type { BusyCalendarFailure } from '@holdfast/engine'
import type { BusyInCalendar, BusyWindow } from './busy-times-in.ts'

export type ExpandedCalendar =
  | ({ kind: 'read' } & BusyInCalendar)
  | { kind: 'failed'; reason: BusyCalendarFailure; problem: string }

const megabytesMax = 192

/**
 * The busy times of an iCalendar text, calculated in another thread: a rule that never ends, or that takes all memory,
 * ends that thread and not this process. Never rejects.
 */
export async function expandCalendar(text: string, window: BusyWindow, timeoutMs = 20_000): Promise<ExpandedCalendar> {
  const worker = new Worker(new URL('./busy-times-worker.ts', import.meta.url), {
    workerData: { text, window },
    resourceLimits: { maxOldGenerationSizeMb: megabytesMax },
  })
  const timer = Promise.withResolvers<ExpandedCalendar>()
  const timeout = setTimeout(() => {
    timer.resolve({ kind: 'failed', reason: 'too_large', problem: 'Its repeated events take too long to calculate.' })
  }, timeoutMs)
  const done = new Promise<ExpandedCalendar>((resolve) => {
    worker.once('message', (result: ExpandedCalendar) => resolve(result))
    // It has used all of its memory.
    const end = () => resolve({ kind: 'failed', reason: 'too_large', problem: 'The calendar could not be read.' })
    worker.once('error', end)
    worker.once('exit', end)
  })
  try {
    return await Promise.race([done, timer.promise])
  } finally {
    clearTimeout(timeout)
    await worker.terminate()
  }
}
