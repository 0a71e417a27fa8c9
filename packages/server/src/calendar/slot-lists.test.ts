import { newId, Snapshot } from '@holdfast/engine'
import { bookableTime } from '@holdfast/vocabulary'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DaysView } from './calendar.ts'
import { DoctorCalendar } from './doctor-calendar.ts'
import type { ListedDays } from './doctor-texts.ts'
import { SlotLists } from './slot-lists.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const firstMs = Date.UTC(2026, 9, 24)
const doctorId = newId(1)
const rules = { timezone: 'Europe/Berlin', minimumNoticeMinutes: 90, bookingHorizonDays: 2 }
/** In Berlin, the second of these days has 25 hours. */
const dates = ['2026-10-24', '2026-10-25', '2026-10-26', '2026-10-27']
const startsOfDays = [-2 * hourMs, 22 * hourMs, 47 * hourMs, 71 * hourMs, 95 * hourMs].map((ms) => firstMs + ms)

type Slot = { id: string; startsAt: Date; endsAt: Date; capacity: number; available: number }

/** A doctor with a slot every other hour, in a calendar whose time and slots the test changes. */
function aCalendar() {
  const calendar = new DoctorCalendar(doctorId)
  const slots: Slot[] = Array.from({ length: 48 }, (_, n) => ({
    id: newId(1),
    startsAt: new Date(firstMs - 2 * hourMs + n * 2 * hourMs),
    endsAt: new Date(firstMs - hourMs + n * 2 * hourMs),
    capacity: 3,
    available: n % 3,
  }))
  let xmax = 1
  const set = (slot: Slot, available: number) => {
    xmax += 1
    slot.available = available
    const value = { available, lapsesAtMs: null, hasLapsed: false, asOfMs: xmax }
    calendar.take(slot.id, slot.startsAt.getTime(), value, { snapshot: new Snapshot(xmax, xmax, []), xid: null })
  }
  const cover = () => {
    xmax += 1
    const [start = 0, end = 0] = [startsOfDays[0], startsOfDays[4]]
    const loaded = slots.map((slot) => ({ ...slot, doctorId, lapsesInMs: null, hasLapsed: false }))
    calendar.cover(
      {
        snapshot: new Snapshot(xmax, xmax, []),
        asOf: new Date(xmax),
        start: new Date(start),
        end: new Date(end),
        rules,
        slots: loaded,
      },
      true,
    )
    for (const slot of slots) set(slot, slot.available)
  }
  cover()
  return { calendar, slots, set, cover }
}

function listsOf(calendar: DoctorCalendar, clock: { nowMs: number }, bytesMax = 10_000_000) {
  const days = (_doctorId: string, from: string, to: string): DaysView => ({
    calendar,
    start: startsOfDays[dates.indexOf(from)] ?? Number.NaN,
    end: startsOfDays[dates.indexOf(to) + 1] ?? Number.NaN,
    isStale: false,
    asOfMs: calendar.asOfMs,
    nowMs: clock.nowMs,
  })
  const lists = new SlotLists({ calendar: { days }, bytesMax })
  const read = (listed: ListedDays) => {
    const list = lists.read(doctorId, listed, null)
    if (list instanceof Promise) throw new Error('A list in memory was waited for.')
    return list
  }
  return { lists, read }
}

/** The items as they were written before there was a calendar. */
function expected(slots: readonly Slot[], { from, to, onlyAvailable }: ListedDays, nowMs: number) {
  const start = startsOfDays[dates.indexOf(from)] ?? Number.NaN
  const end = startsOfDays[dates.indexOf(to) + 1] ?? Number.NaN
  return slots
    .filter(({ startsAt }) => startsAt.getTime() >= start && startsAt.getTime() < end)
    .filter(({ startsAt, available }) => {
      const { fromMs, untilMs } = bookableTime(startsAt.getTime(), rules)
      return !onlyAvailable || (available > 0 && nowMs >= fromMs && nowMs < untilMs)
    })
    .map(({ id, startsAt, endsAt, capacity, available }) => ({ id, doctorId, startsAt, endsAt, capacity, available }))
}

const listedDays = fc.tuple(fc.nat(3), fc.nat(3), fc.boolean()).map(([one, other, onlyAvailable]) => ({
  from: dates[Math.min(one, other)] ?? '',
  to: dates[Math.max(one, other)] ?? '',
  onlyAvailable,
}))
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), listed: listedDays }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('set' as const), slot: fc.nat(47), available: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(12 * hourMs) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('load' as const) }) },
  ),
  { maxLength: 60 },
)

describe('slot lists', () => {
  test('whatever changes, and as time passes, a list has exactly its slots; equal slots have equal tags', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(2_000, 10_000_000), (all, bytesMax) => {
        const { calendar, slots, set, cover } = aCalendar()
        const clock = { nowMs: firstMs - 3 * dayMs }
        const { read } = listsOf(calendar, clock, bytesMax)
        const itemsByTag = new Map<string, string>()
        for (const step of all) {
          if (step.kind === 'set') set(slots[step.slot] as Slot, step.available)
          if (step.kind === 'wait') clock.nowMs += step.ms
          if (step.kind === 'load') cover()
          if (step.kind !== 'read') continue
          const { body, etag } = read(step.listed)
          const items = JSON.stringify(expected(slots, step.listed, clock.nowMs))
          expect(body).toBe(`{"items":${items},"asOf":"${JSON.parse(body).asOf}"}`)
          // The tag is that of the same days: a list of other days has another address.
          const tagged = `${step.listed.from} ${step.listed.to} ${items}`
          expect(itemsByTag.getOrInsertComputed(`${step.listed.from} ${step.listed.to} ${etag}`, () => tagged)).toBe(
            tagged,
          )
        }
      }),
    )
  })

  test('the same text until one of its slots changes, then a later asOf and another tag', () => {
    const { calendar, slots, set, cover } = aCalendar()
    const { read } = listsOf(calendar, { nowMs: firstMs })
    const listed = { from: '2026-10-24', to: '2026-10-25', onlyAvailable: false }
    const first = read(listed)
    expect(read(listed).body).toBe(first.body)
    set(slots[40] as Slot, 1)
    expect(read(listed).body).toBe(first.body)
    set(slots[3] as Slot, 2)
    const changed = read(listed)
    expect(changed.etag).not.toBe(first.etag)
    expect(JSON.parse(changed.body).asOf > JSON.parse(first.body).asOf).toBe(true)
    set(slots[3] as Slot, 0)
    expect(read(listed).etag).toBe(first.etag)
    // Another server loads the same slots and writes them at another time.
    cover()
    expect(read(listed).body).not.toBe(first.body)
    expect(read(listed).etag).toBe(first.etag)
  })

  test('texts are bounded in bytes, and those of the doctor written least recently are dropped', () => {
    const doctors = Array.from({ length: 50 }, () => aCalendar().calendar)
    const clock = { nowMs: firstMs }
    let current = doctors[0] as DoctorCalendar
    const days = (): DaysView => ({
      calendar: current,
      start: startsOfDays[0] ?? 0,
      end: startsOfDays[1] ?? 0,
      isStale: false,
      asOfMs: 0,
      nowMs: clock.nowMs,
    })
    const lists = new SlotLists({ calendar: { days }, bytesMax: 60_000 })
    for (const doctor of doctors) {
      current = doctor
      lists.read(doctorId, { from: '2026-10-24', to: '2026-10-24', onlyAvailable: false }, null)
      expect(lists.figures.bytes).toBeLessThanOrEqual(60_000)
    }
    expect(lists.figures.bytes).toBeGreaterThan(30_000)
  })
})
