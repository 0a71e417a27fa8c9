import { Worker } from 'node:worker_threads'
import type { BusyCalendarFailure } from '@holdfast/engine'
import { resultOfThread } from '../lifecycle/limited-thread.ts'
import type { BusyInCalendar, BusyWindow } from './busy-times-in.ts'

export type ExpandedCalendar =
  | ({ kind: 'read' } & BusyInCalendar)
  | { kind: 'failed'; reason: BusyCalendarFailure; problem: string }

const megabytesMax = 192
/** A run of the job ends, however busy the machine is. */
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
  const result = await resultOfThread<ExpandedCalendar>(worker, { cpuMsMax, wallMsMax: wallTimes * cpuMsMax })
  switch (result.kind) {
    case 'message':
      return result.message
    case 'too_long':
      return tooLarge(`Reading it takes more than ${cpuMsMax / 1000} s of processor time.`)
    case 'ended':
      return tooLarge('The calendar could not be read.')
  }
}

function tooLarge(problem: string): ExpandedCalendar {
  return { kind: 'failed', reason: 'too_large', problem }
}
