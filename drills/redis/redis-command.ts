import type { RedisDrillResult } from './run-redis-drill.ts'

const failedRatioMax = 0.001
const limitToleranceRatio = 0.01

/** The result as a table. */
export function redisTable({ phases, limits, recoveredMs, fallbacks, failedRatio }: RedisDrillResult): string {
  const rows = [
    ...phases.map(({ name, bookings, failed, p50Ms, p99Ms, maxMs }) => [
      `Redis ${name}`,
      `${bookings} booked, ${failed} failed; ${p50Ms} ms (p50), ${p99Ms} ms (p99), ${maxMs} ms (most)`,
    ]),
    ...limits.map(({ name, expected, admitted }) => [`admitted ${name}`, `${admitted} of ${expected}`]),
    ...Object.entries(recoveredMs).map(([name, ms]) => [`used again after it was ${name}`, `${ms} ms`]),
    ['servers that counted for themselves', `${fallbacks} times`],
    ['failed of all', `${failedRatio * 100} %`],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(40)}${value}\n`).join('')
}

/** What must not have happened. */
export function redisFailures({ limits, failedRatio }: RedisDrillResult): string[] {
  const failures = limits
    .filter(({ expected, admitted }) => Math.abs(admitted - expected) > expected * limitToleranceRatio)
    .map(({ name, expected, admitted }) => `${name}, ${admitted} bookings were admitted instead of ${expected}`)
  return failedRatio > failedRatioMax ? [...failures, `${failedRatio * 100} % of the bookings failed`] : failures
}
