import { parentPort, workerData } from 'node:worker_threads'
import { type BusyWindow, busyTimesIn, InvalidCalendar } from './busy-times-in.ts'

// A thread of its own: see expand-calendar.ts.
const { text, window } = workerData as { text: string; window: BusyWindow }
try {
  parentPort?.postMessage({ kind: 'read', busy: busyTimesIn(text, window) })
} catch (error) {
  const problem = error instanceof InvalidCalendar ? error.message : 'The response is no valid iCalendar file.'
  parentPort?.postMessage({ kind: 'failed', problem })
}
