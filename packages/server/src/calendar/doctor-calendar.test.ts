import { newId, Snapshot } from '@holdfast/engine'
import pino from 'pino'
import { expect, test } from 'vitest'
import { Calendar } from './calendar.ts'
import { DoctorCalendar } from './doctor-calendar.ts'

const firstMs = Date.UTC(2027, 0, 1)
const dayMs = 86_400_000
const dateOf = (day: number) => new Date(firstMs + day * dayMs)
const textOf = (day: number) => dateOf(day).toISOString().slice(0, 10)
const rules = { timezone: 'UTC', minimumNoticeMinutes: 0, bookingHorizonDays: 90 }

/** Days without slots, [first, end). */
const daysOf = (first: number, end: number) => {
  return { snapshot: new Snapshot(9, 9, []), asOf: dateOf(0), start: dateOf(first), end: dateOf(end), rules, slots: [] }
}

/** A calendar with the days [first, end) of each pair. */
function withDays(...loaded: [number, number][]) {
  const calendar = new DoctorCalendar('d')
  for (const [first, end] of loaded) calendar.cover(daysOf(first, end), false)
  return {
    bytes: calendar.bytes,
    covers: (first: number, end: number) => calendar.covers(dateOf(first).getTime(), dateOf(end).getTime()),
  }
}

test('adjacent and overlapping days are one range, days apart are not', () => {
  const one = withDays([0, 30])
  const adjacent = withDays(
    ...Array.from({ length: 30 }, (_, day): [number, number] => [(day * 7) % 30, ((day * 7) % 30) + 1]),
  )
  const overlapping = withDays([10, 20], [0, 12], [18, 30], [11, 13])
  for (const { bytes, covers } of [one, adjacent, overlapping]) {
    expect(bytes).toBe(one.bytes)
    expect([covers(0, 30), covers(12, 18), covers(0, 31), covers(-1, 5)]).toEqual([true, true, false, false])
  }
  const apart = withDays([0, 10], [20, 30])
  expect([apart.covers(0, 10), apart.covers(20, 30), apart.covers(5, 25)]).toEqual([true, true, false])
  expect(apart.bytes).toBeGreaterThan(one.bytes)
})

test('more days apart than the limit forget the earlier ones, and are counted in bytes', async () => {
  const calendar = new Calendar({
    tail: { horizon: 1n, subscribe: () => () => undefined },
    reads: {
      days: async (_doctorId, from) => {
        const day = (Date.parse(from) - firstMs) / dayMs
        return daysOf(day, day + 1)
      },
      slots: () => Promise.reject(new Error()),
      doctors: () => Promise.reject(new Error()),
    },
    bytesMax: 1_000_000,
    log: pino({ enabled: false }),
  })
  const doctorId = newId(1)
  const list = (day: number) => calendar.days(doctorId, textOf(day), textOf(day), null)
  const bytes: number[] = []
  for (let day = 0; day < 1_000; day += 2) {
    await list(day)
    bytes.push(calendar.figures.bytes)
  }
  expect(bytes[99]).toBeGreaterThan((bytes[0] ?? 0) + 1_000)
  expect(Math.max(...bytes)).toBe(bytes[99])
  expect(list(998)).not.toBeInstanceOf(Promise)
  expect(list(0)).toBeInstanceOf(Promise)
  calendar.stop()
})
