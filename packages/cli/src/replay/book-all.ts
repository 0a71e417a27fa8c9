import { createHistogram } from 'node:perf_hooks'
import type { RowOutcome, RowToBook } from './book-appointment.ts'
import type { Stop } from './patience.ts'

export type FailedRow = { appointmentId: string; why: string }

export type BookAllResult = {
  booked: number
  replayed: number
  confirmed: number
  refusedFull: RowToBook[]
  failed: number
  /** The first twenty rows that failed or were not confirmed. */
  failures: FailedRow[]
  seconds: number
  /** Set when the replay ended before its last row. */
  stop: Stop | null
}

const failuresKeptMax = 20

/**
 * Sends the rows in their order, at most `concurrency` at a time, until the last or until one of them says stop or
 * `signal` is aborted. Whatever was sent is waited for, also when a row throws; then the first such error is thrown.
 */
export async function bookAll(
  rows: readonly RowToBook[],
  concurrency: number,
  book: (row: RowToBook) => Promise<RowOutcome>,
  onRow: (done: number) => void,
  signal: AbortSignal,
): Promise<BookAllResult> {
  const result: BookAllResult = {
    booked: 0,
    replayed: 0,
    confirmed: 0,
    refusedFull: [],
    failed: 0,
    failures: [],
    seconds: 0,
    stop: null,
  }
  const startedAt = performance.now()
  let next = 0
  let done = 0
  let thrown: { error: unknown } | null = null
  const worker = async () => {
    while (result.stop === null && thrown === null && !signal.aborted) {
      const row = rows[next++]
      if (row === undefined) return
      try {
        const outcome = await book(row)
        count(result, row, outcome)
        if (outcome.kind !== 'stopped') onRow(++done)
      } catch (error) {
        thrown ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, rows.length) }, worker))
  rethrow(thrown)
  result.seconds = (performance.now() - startedAt) / 1000
  return result
}

function rethrow(thrown: { error: unknown } | null): void {
  if (thrown !== null) throw thrown.error
}

function count(result: BookAllResult, row: RowToBook, outcome: RowOutcome): void {
  const keep = (why: string) => {
    if (result.failures.length < failuresKeptMax) result.failures.push({ appointmentId: row.appointmentId, why })
  }
  switch (outcome.kind) {
    case 'booked':
    case 'replayed':
      result[outcome.kind]++
      if (outcome.confirmed) result.confirmed++
      else keep(outcome.why ?? 'not confirmed')
      return
    case 'refused_full':
      result.refusedFull.push(row)
      return
    case 'failed':
      result.failed++
      keep(outcome.why)
      return
    case 'stopped':
      result.stop ??= outcome
  }
}

export type LatencyMs = { p50: number; p95: number; p99: number }

/** Latencies in bounded memory (a histogram of three significant figures, up to an hour). */
export type LatencyRecorder = { record(milliseconds: number): void; percentiles(): LatencyMs }

export function createLatencyRecorder(): LatencyRecorder {
  const histogram = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 })
  const percentile = (percent: number) => (histogram.count === 0 ? 0 : histogram.percentile(percent) / 1000)
  return {
    record(milliseconds) {
      histogram.record(Math.min(3_600_000_000, Math.max(1, Math.round(milliseconds * 1000))))
    },
    percentiles: () => ({ p50: percentile(50), p95: percentile(95), p99: percentile(99) }),
  }
}
