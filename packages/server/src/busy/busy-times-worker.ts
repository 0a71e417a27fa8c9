import { parentPort, workerData } from 'node:worker_threads'
import { type BusyWindow, busyTimesIn } from './busy-times-in.ts'
import { InvalidCalendar } from './invalid-calendar.ts'

// A separate thread: see expand-calendar.ts.
const { text, window } = workerData as { text: string; window: BusyWindow }
try {
  parentPort?.postMessage({ kind: 'read', ...busyTimesIn(text, window) })
} catch (error) {
  const { reason, message: problem } =
    error instanceof InvalidCalendar
      ? error
      : new InvalidCalendar('invalid', 'The response is no valid iCalendar file.')
  parentPort?.postMessage({ kind: 'failed', reason, problem })
}
