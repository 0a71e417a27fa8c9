import type { LatencyMs } from './book-all.ts'

/** The result of a replay; `--json` prints exactly this. */
export type ReplaySummary = {
  rows: number
  /** Booked by this run. */
  booked: number
  /** Already booked by an earlier run, as the server reported. */
  replayed: number
  confirmed: number
  /** Rows whose day was full. */
  refusedFull: number
  failed: number
  /** The time from the first booking request to the last response. */
  seconds: number
  bookingsPerSecond: number
  /** The latency of booking requests (`POST /bookings`), refusals included. */
  latencyMs: LatencyMs
  /** The sum over the replay's clinics, from the server's recount. */
  verify: { slots: number; bookings: number; overbooked: number; mismatches: number }
}

/** True when nothing failed, every place is confirmed, and the recount found nothing wrong. */
export function isGood(summary: ReplaySummary): boolean {
  const { verify } = summary
  const unconfirmed = summary.booked + summary.replayed - summary.confirmed
  return summary.failed === 0 && unconfirmed === 0 && verify.overbooked === 0 && verify.mismatches === 0
}

/** The summary as lines of text: a label and a value each. */
export function describeSummary(summary: ReplaySummary): [label: string, value: string][] {
  const whole = (value: number) => value.toLocaleString('en')
  const { latencyMs, verify } = summary
  return [
    ['rows', whole(summary.rows)],
    ['booked', whole(summary.booked)],
    ['replayed', whole(summary.replayed)],
    ['confirmed', whole(summary.confirmed)],
    ['refused, day full', whole(summary.refusedFull)],
    ['failed', whole(summary.failed)],
    ['time', `${summary.seconds.toFixed(1)} s, ${whole(Math.round(summary.bookingsPerSecond))} bookings/s`],
    [
      'latency',
      `p50 ${latencyMs.p50.toFixed(1)} ms, p95 ${latencyMs.p95.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`,
    ],
    [
      'verify',
      [
        `${whole(verify.slots)} slots`,
        `${whole(verify.bookings)} bookings`,
        `${whole(verify.overbooked)} overbooked`,
        `${whole(verify.mismatches)} mismatches`,
      ].join(', '),
    ],
  ]
}
