import { type LogEntry, newId, Snapshot } from '@holdfast/engine'
import pino from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Calendar } from './calendar.ts'
import type { LogListener } from './calendar-change.ts'
import { DatabaseClock } from './database-clock.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const dayMs = 86_400_000
const aheadMs = 60_000

/** A clock, and reads of a database that is a minute ahead. */
function aClock() {
  const clock = new DatabaseClock()
  const startedAtMs = performance.now()
  const databaseMs = () => Date.UTC(2027, 0, 1) + aheadMs + performance.now() - startedAtMs
  return {
    databaseMs,
    errorMs: () => Math.abs(clock.nowMs - databaseMs()),
    read(beforeMs: number, afterMs: number, stepMs = 0) {
      const beganAtMs = performance.now()
      vi.advanceTimersByTime(beforeMs)
      const asOf = new Date(databaseMs() + stepMs)
      vi.advanceTimersByTime(afterMs)
      clock.take(asOf, beganAtMs)
    },
  }
}

test('a slow read is wrong by half its time at most, and does not replace a fast one', () => {
  const { read, errorMs } = aClock()
  read(0, 4_000)
  expect(errorMs()).toBeLessThanOrEqual(2_001)
  read(1, 1)
  expect(errorMs()).toBeLessThanOrEqual(1)
  read(0, 4_000)
  read(4_000, 0)
  expect(errorMs()).toBeLessThanOrEqual(1)
})

test('an old estimate is replaced by one that is less exact', () => {
  const { read, errorMs } = aClock()
  read(1, 1)
  vi.advanceTimersByTime(dayMs)
  read(0, 100)
  expect(errorMs()).toBeGreaterThan(45)
})

test('a read that contradicts the estimate replaces it: the database has set its clock', () => {
  const { read, errorMs } = aClock()
  read(1, 1)
  read(5, 5, 1_000)
  expect(errorMs()).toBeGreaterThan(990)
})

test('setting the clock of this machine does not change the estimate', () => {
  const { read, errorMs } = aClock()
  read(1, 1)
  vi.setSystemTime(Date.now() + 3_600_000)
  expect(errorMs()).toBeLessThanOrEqual(1)
})

test('a list knows the time although its days were loaded slowly, and patches correct it', async () => {
  const { databaseMs } = aClock()
  const [doctorId, slotId] = [newId(1), newId(1)]
  const start = new Date(Math.floor(databaseMs() / dayMs) * dayMs)
  const day = start.toISOString().slice(0, 10)
  const startsAt = new Date(start.getTime() + dayMs / 2)
  const slot = { id: slotId, doctorId, startsAt, endsAt: startsAt, capacity: 2, available: 2, lapsesInMs: null }
  const rules = { timezone: 'UTC', minimumNoticeMinutes: 0, bookingHorizonDays: 90 }
  const read = { snapshot: new Snapshot(9, 9, []), slots: [{ ...slot, isWithdrawn: false }] }
  let report: LogListener = () => undefined
  const calendar = new Calendar({
    tail: {
      horizon: 1n,
      subscribe: (listener) => {
        report = listener
        return () => undefined
      },
    },
    reads: {
      days: async () => {
        const asOf = new Date(databaseMs())
        await new Promise((resolve) => setTimeout(resolve, 4_000))
        return { ...read, asOf, start, end: new Date(start.getTime() + dayMs), rules }
      },
      slots: async () => ({ ...read, asOf: new Date(databaseMs()) }),
      doctors: () => Promise.reject(new Error()),
    },
    bytesMax: 1_000_000,
    log: pino({ enabled: false }),
  })
  const listed = calendar.days(doctorId, day, day, null)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(Math.abs(((await listed)?.nowMs ?? 0) - databaseMs())).toBeLessThanOrEqual(2_001)
  const booked = {
    kind: 'booking',
    type: 'booked',
    bookingId: newId(1),
    version: 1,
    fromDoctorId: null,
    fromSlotId: null,
  }
  report([{ ...booked, xid: 2n, seq: 1n, doctorId, slotId } as LogEntry], 3n)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(calendar.figures).toMatchObject({ loads: 1, patches: 1 })
  expect(Math.abs(((await calendar.days(doctorId, day, day, null))?.nowMs ?? 0) - databaseMs())).toBeLessThanOrEqual(1)
  calendar.stop()
})
