// Nightly: how much memory a calendar takes
import { type CalendarReads, newId, Snapshot } from '@holdfast/engine'
import pino from 'pino'
import { expect, test } from 'vitest'
import { Calendar } from './calendar.ts'

const mebibyte = 1_048_576
const [doctors, days, slotsPerDay] = [1_000, 28, 32]
const start = Date.UTC(2027, 0, 1)
const dayMs = 86_400_000
const end = start + days * dayMs
const snapshot = new Snapshot(1_000, 1_000, [])

/** Each doctor has 32 slots of 15 minutes a day, some of them booked. */
async function daysOf(doctorId: string): ReturnType<CalendarReads['days']> {
  const slots = Array.from({ length: days * slotsPerDay }, (_, index) => {
    const startsAtMs = start + Math.floor(index / slotsPerDay) * dayMs + (index % slotsPerDay) * 900_000
    const [startsAt, endsAt] = [new Date(startsAtMs), new Date(startsAtMs + 900_000)]
    return { id: newId(1), doctorId, startsAt, endsAt, capacity: 1, available: index % 2, lapsesInMs: null }
  })
  const rules = { timezone: 'UTC', minimumNoticeMinutes: 0, bookingHorizonDays: 90 }
  return { snapshot, asOf: new Date(start - dayMs), start: new Date(start), end: new Date(end), rules, slots }
}

test('a thousand doctors with four weeks of 32 slots a day take less than 64 MiB', async () => {
  const calendar = new Calendar({
    tail: { horizon: 1n, subscribe: () => () => undefined },
    reads: { days: daysOf, slots: () => Promise.reject(new Error()), doctors: () => Promise.reject(new Error()) },
    bytesMax: 64 * mebibyte,
    log: pino({ enabled: false }),
  })
  const doctorIds = Array.from({ length: doctors }, () => newId(1))
  const before = process.memoryUsage().arrayBuffers
  for (const doctorId of doctorIds) await calendar.days(doctorId, '2027-01-01', '2027-01-28', null)
  const { bytes, ...figures } = calendar.figures
  expect(figures).toMatchObject({ doctors, slots: doctors * days * slotsPerDay, loads: doctors })
  expect(bytes).toBeLessThan(64 * mebibyte)
  // The tables, which are nearly all of it, measured.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(bytes)
  for (const doctorId of doctorIds)
    expect(calendar.days(doctorId, '2027-01-01', '2027-01-28', null)).not.toBeInstanceOf(Promise)
  calendar.stop()
})
