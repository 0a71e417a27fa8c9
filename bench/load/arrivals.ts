import { seededRandom } from './random.ts'

/**
 * The arrivals of independent people: a Poisson process, in milliseconds from the start, determined by its seed before
 * anything is sent. A server that stalls still gets every request, and latency counts from the intended arrival.
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
