import { describe, expect, test } from 'vitest'
import { bookAll, createLatencyRecorder } from './book-all.ts'
import type { RowOutcome, RowToBook } from './book-appointment.ts'

const rows: RowToBook[] = Array.from({ length: 50 }, (_, index) => ({
  appointmentId: String(index),
  patientId: 'p',
  unit: 'CENTRO',
  date: '2026-12-01',
  slotId: 's',
}))
const booked: RowOutcome = { kind: 'booked', confirmed: true, why: null }
const never = new AbortController().signal

/** Books after a turn of the event loop, and records the order of the calls and how many were in flight at most. */
function recorded(outcomeOf: (row: RowToBook) => RowOutcome) {
  const started: string[] = []
  let inFlight = 0
  const seen = { started, inFlightMax: 0, finished: 0 }
  const book = async (row: RowToBook) => {
    started.push(row.appointmentId)
    inFlight++
    seen.inFlightMax = Math.max(seen.inFlightMax, inFlight)
    await new Promise(setImmediate)
    inFlight--
    seen.finished++
    return outcomeOf(row)
  }
  return { book, seen }
}

describe('booking all rows', () => {
  test('starts them in their order, at most `concurrency` at a time', async () => {
    const { book, seen } = recorded(() => booked)
    const done: number[] = []
    const result = await bookAll(rows, 8, book, (count) => done.push(count), never)
    expect(seen.started).toEqual(rows.map(({ appointmentId }) => appointmentId))
    expect(seen.inFlightMax).toBe(8)
    expect(done).toEqual(rows.map((_, index) => index + 1))
    expect(result).toMatchObject({ booked: 50, replayed: 0, confirmed: 50, failed: 0, stop: null })
  })

  test('counts each kind of outcome, and reports the first twenty reasons', async () => {
    const outcomes: RowOutcome[] = [
      booked,
      { kind: 'replayed', confirmed: true, why: null },
      { kind: 'refused_full' },
      { kind: 'failed', why: 'no' },
      { kind: 'booked', confirmed: false, why: 'late' },
    ]
    const { book } = recorded((row) => outcomes[Number(row.appointmentId) % outcomes.length] ?? booked)
    const result = await bookAll(rows, 3, book, () => {}, never)
    expect(result).toMatchObject({ booked: 20, replayed: 10, confirmed: 20, failed: 10 })
    expect(result.refusedFull.map(({ appointmentId }) => appointmentId).slice(0, 2)).toEqual(['2', '7'])
    expect(result.failures).toHaveLength(20)
    expect(result.failures.slice(0, 2)).toEqual([
      { appointmentId: '3', why: 'no' },
      { appointmentId: '4', why: 'late' },
    ])
  })

  test('after a stop no more rows start, and those in flight are awaited', async () => {
    const stop: RowOutcome = { kind: 'stopped', by: 'server_lost', detail: 'gone' }
    const { book, seen } = recorded((row) => (row.appointmentId === '10' ? stop : booked))
    const result = await bookAll(rows, 4, book, () => {}, never)
    expect(result.stop).toEqual(stop)
    expect(seen.started.length).toBeLessThan(20)
    expect(seen.finished).toBe(seen.started.length)
  })

  test('an error is thrown only after the rows in flight have finished', async () => {
    const { book, seen } = recorded((row) => {
      if (row.appointmentId === '10') throw new Error('a bug')
      return booked
    })
    await expect(bookAll(rows, 4, book, () => {}, never)).rejects.toThrow('a bug')
    expect(seen.finished).toBe(seen.started.length)
    expect(seen.started.length).toBeLessThan(20)
  })

  test('after a Ctrl-C no more rows start', async () => {
    const stopping = new AbortController()
    const { book, seen } = recorded((row) => {
      if (row.appointmentId === '5') stopping.abort()
      return booked
    })
    const result = await bookAll(rows, 2, book, () => {}, stopping.signal)
    expect(result.booked).toBeLessThan(10)
    expect(seen.finished).toBe(seen.started.length)
  })

  test('no rows take no time', async () => {
    const result = await bookAll(
      [],
      8,
      async () => booked,
      () => {},
      never,
    )
    expect(result).toMatchObject({ booked: 0, stop: null })
  })
})

test('latencies are reported as percentiles in milliseconds', () => {
  const recorder = createLatencyRecorder()
  expect(recorder.percentiles()).toEqual({ p50: 0, p95: 0, p99: 0 })
  for (let milliseconds = 1; milliseconds <= 1000; milliseconds++) recorder.record(milliseconds)
  const { p50, p95, p99 } = recorder.percentiles()
  expect(p50).toBeCloseTo(500, -1)
  expect(p95).toBeCloseTo(950, -1)
  expect(p99).toBeCloseTo(990, -1)
})
