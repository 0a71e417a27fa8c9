import { type EventLoopUtilization, performance } from 'node:perf_hooks'

const lookMs = 200
const calmUtilization = 0.5
const busyUtilization = 0.85
/** A tenth of the messages: those who watch hear every second, those who book have the processor. */
const stretchMax = 10

/**
 * How much longer than usual to wait between messages: 1 while the process has time to spare, 10 when it has none. At
 * full load ten messages a second to a thousand watchers took a fifth of the bookings (bench/scenarios/live.ts).
 */
export class Pacing {
  #before: EventLoopUtilization = performance.eventLoopUtilization()
  #lookedAtMs = performance.now()
  #utilization = 0

  get stretch(): number {
    const now = performance.now()
    if (now - this.#lookedAtMs >= lookMs) {
      const after = performance.eventLoopUtilization()
      // Half of the last look and half of those before it: one garbage collection is no load.
      this.#utilization = (this.#utilization + performance.eventLoopUtilization(after, this.#before).utilization) / 2
      this.#before = after
      this.#lookedAtMs = now
    }
    return stretchOf(this.#utilization)
  }
}

/** @param utilization the part of the time in which the event loop had something to do, 0 to 1 */
export function stretchOf(utilization: number): number {
  const busy = (utilization - calmUtilization) / (busyUtilization - calmUtilization)
  return 1 + (stretchMax - 1) * Math.min(1, Math.max(0, busy))
}
