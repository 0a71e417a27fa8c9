import type { FailoverResult } from './run-failover-drill.ts'

/** What a run has to be like, as sentences about what is not; empty: it has passed. */
export function failuresOfFailover(result: FailoverResult): string[] {
  const { mismatches, overbooked } = result.verify
  return [
    ...result.faults.slice(0, 10),
    ...(result.lost > 0 ? [`${result.lost} acknowledged bookings are lost`] : []),
    ...(result.duplicated > 0 ? [`${result.duplicated} bookings are duplicates`] : []),
    ...(result.liveGaps > 0 ? [`${result.liveGaps} lists or live pictures are wrong`] : []),
    ...(mismatches + overbooked > 0 ? [`verify: ${mismatches} mismatches, ${overbooked} overbooked`] : []),
    ...(result.writeGapMs.max > result.boundMs
      ? [`a write gap of ${result.writeGapMs.max} ms is longer than ${result.boundMs} ms`]
      : []),
    ...(result.controlLost === 0
      ? ['without synchronous replication nothing was lost either: this run proves nothing']
      : []),
  ]
}

/** The result as a table. */
export function failoverTable(result: FailoverResult): string {
  const rows: [string, string | number][] = [
    ['failovers', result.failovers],
    ['acknowledged', result.acknowledged],
    ['lost', result.lost],
    ['duplicated', result.duplicated],
    ['requests that failed and were repeated', result.failedRequests],
    ['without writes, median and longest', `${result.writeGapMs.p50} ms, ${result.writeGapMs.max} ms`],
    ['1.2 × (ttl + loop_wait)', `${result.boundMs} ms`],
    ['wrong lists and live pictures', result.liveGaps],
    ['found by verify', `${result.verify.mismatches} mismatches, ${result.verify.overbooked} overbooked`],
    ['lost without synchronous replication (control)', result.controlLost],
  ]
  return rows.map(([name, value]) => `${name.padEnd(56)}${value}\n`).join('')
}
