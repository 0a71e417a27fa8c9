import { createHistogram } from 'node:perf_hooks'
import pMap from 'p-map'
import type { Stop } from '../target/retry-call.ts'
import type { RowOutcome, RowToBook } from './book-appointment.ts'

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
  /** Why the replay ended before its last row; null: it did not. */
  stop: Stop | null
}

const failuresReportedMax = 20

/**
 * Books the rows in their order, at most `concurrency` at a time, until the last one, until the outcome of a row is
 * `stopped`, or until `signal` is aborted. Rows in flight are always awaited, also when a row throws: the error is
 * thrown afterwards.
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
  let hasThrown = false
  function* rowsUntilStopped() {
    for (const row of rows) {
      if (result.stop !== null || hasThrown || signal.aborted) return
      yield row
    }
  }
  const startedAt = performance.now()
  let done = 0
  const bookAndCount = async (row: RowToBook) => {
    try {
      const outcome = await book(row)
      count(result, row, outcome)
      if (outcome.kind !== 'stopped') onRow(++done)
    } catch (error) {
      hasThrown = true
      throw error
    }
  }
  try {
    await pMap(rowsUntilStopped(), bookAndCount, { concurrency, stopOnError: false })
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error
  }
  result.seconds = (performance.now() - startedAt) / 1000
  return result
}

function count(result: BookAllResult, row: RowToBook, outcome: RowOutcome): void {
  const addFailure = (why: string) => {
    if (result.failures.length < failuresReportedMax) result.failures.push({ appointmentId: row.appointmentId, why })
  }
  switch (outcome.kind) {
    case 'booked':
    case 'replayed':
      result[outcome.kind]++
      if (outcome.confirmed) result.confirmed++
      else addFailure(outcome.why ?? 'not confirmed')
      return
    case 'refused_full':
      result.refusedFull.push(row)
      return
    case 'failed':
      result.failed++
      addFailure(outcome.why)
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
