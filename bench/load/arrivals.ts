import { seededRandom } from './random.ts'

/**
 * When independent people come: a Poisson process, in milliseconds from the start, fixed by its seed before anything is
 * sent. A server that stalls is then asked all the same, and the wait is counted from the arrival that was meant.
 */
export function arrivals(ratePerSecond: number, durationMs: number, seed: number): Float64Array {
  const random = seededRandom(seed)
  const meanMs = 1000 / ratePerSecond
  const times: number[] = []
  for (let at = 0; ; ) {
    at -= Math.log(1 - random()) * meanMs
    if (at >= durationMs) return Float64Array.from(times)
    times.push(at)
  }
}
