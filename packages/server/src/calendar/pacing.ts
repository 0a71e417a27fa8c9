import { type EventLoopUtilization, performance } from 'node:perf_hooks'

const sampleMs = 200
const calmUtilization = 0.5
const busyUtilization = 0.85
/** At full load subscribers get a tenth of the messages, one per second, so that bookings get the CPU. */
const stretchMax = 10

/**
 * How much longer than usual to wait between messages: 1 while the process has spare CPU, 10 when it has none. At
 * full load, ten messages a second to a thousand subscribers reduced bookings by a fifth (bench/scenarios/live.ts).
 */
export class Pacing {
  #before: EventLoopUtilization = performance.eventLoopUtilization()
  #sampledAtMs = performance.now()
  #utilization = 0

  get stretch(): number {
    const now = performance.now()
    if (now - this.#sampledAtMs >= sampleMs) {
      const after = performance.eventLoopUtilization()
      // A moving average, so that one garbage collection does not count as load.
      this.#utilization = (this.#utilization + performance.eventLoopUtilization(after, this.#before).utilization) / 2
      this.#before = after
      this.#sampledAtMs = now
    }
    return stretchOf(this.#utilization)
  }
}

/** @param utilization the share of time in which the event loop was busy, 0 to 1 */
export function stretchOf(utilization: number): number {
  const busy = (utilization - calmUtilization) / (busyUtilization - calmUtilization)
  return 1 + (stretchMax - 1) * Math.min(1, Math.max(0, busy))
}
