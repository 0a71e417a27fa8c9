import { type CalendarReads, newId, parseSnapshot } from '@holdfast/engine'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import { Calendar } from './calendar.ts'
import { DoctorCalendar } from './doctor-calendar.ts'

// Its clock is the monotonic one: nothing here is the database's, so nothing needs to pass.
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const inAnHour = new Date(3_600_000)
const endsAt = new Date(7_200_000)

/** A doctor with these slots in memory. */
function aDoctor() {
  const lapsed: (readonly string[])[] = []
  const calendar = new DoctorCalendar(newId(1), (_doctor, slotIds) => lapsed.push(slotIds))
  let reads = 10
  const note = (id: string, lapsesInMs: number | null, xmax?: number) => {
    reads += 1
    const seenAt = xmax ?? reads
    const slot = { id, startsAt: inAnHour, endsAt, capacity: 1, available: 0, lapsesInMs }
    const lapsesAtMs = lapsesInMs === null ? null : performance.now() + lapsesInMs
    const value = { available: 0, lapsesAtMs, asOfMs: 0 }
    const source = { snapshot: parseSnapshot(`${seenAt}:${seenAt}:`), xid: null }
    if (calendar.startOf(id) === undefined) calendar.add(slot)
    calendar.take(id, inAnHour.getTime(), value, source)
  }
  return { calendar, lapsed, note }
}

describe('the lapses of holds', () => {
  const [late, soon, soonToo] = [newId(1), newId(1), newId(1)]

  test('are reported when they happen, and simultaneous ones together', () => {
    const { lapsed, note } = aDoctor()
    note(late, 5_000)
    note(soon, 1_000)
    note(soonToo, 1_000)
    vi.advanceTimersByTime(999)
    expect(lapsed).toEqual([])
    vi.advanceTimersByTime(10)
    expect(lapsed).toEqual([[soon, soonToo]])
    for (const slotId of [soon, soonToo]) note(slotId, null)
    vi.advanceTimersByTime(4_000)
    expect(lapsed.slice(1)).toEqual([[late]])
    note(late, null)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('are not reported of a released hold, and later of an extended one', () => {
    const { calendar, lapsed, note } = aDoctor()
    const [confirmed, extended] = [soon, soonToo]
    note(confirmed, 1_000)
    note(extended, 1_000)
    note(confirmed, null)
    note(extended, 2_000)
    vi.advanceTimersByTime(1_500)
    expect(lapsed.flat()).toEqual([])
    vi.advanceTimersByTime(600)
    expect(lapsed.flat()).toEqual([extended])
    expect(calendar.availableOf(extended)).toBe(0)
  })

  test('are not moved by a read that is older than what is known', () => {
    const { lapsed, note } = aDoctor()
    note(soon, 2_000, 12)
    note(soon, 3_000, 11)
    note(late, 3_000, 12)
    note(late, 2_000, 11)
    vi.advanceTimersByTime(2_100)
    expect(lapsed.flat()).toEqual([soon])
    vi.advanceTimersByTime(1_000)
    expect(lapsed.flat()).toEqual([soon, late])
  })

  test('are not reported after a stop', () => {
    const { calendar, lapsed, note } = aDoctor()
    note(soon, 1_000)
    calendar.stop()
    vi.advanceTimersByTime(2_000)
    expect(lapsed).toEqual([])
  })
})

describe('more held slots than are listed', () => {
  test('are read again when the last one listed has lapsed', async () => {
    const doctorId = newId(1)
    const held = [1_000, 3_000].map((lapsesInMs) => {
      const times = { startsAt: inAnHour, endsAt, capacity: 1, available: 0, lapsesInMs }
      return { id: newId(1), doctorId, ...times, hasLapsed: false }
    })
    let doctorReads = 0
    const snapshot = parseSnapshot('10:10:')
    const reads: CalendarReads = {
      days: () => Promise.reject(new Error('not read here')),
      slots: async () => ({ snapshot, asOf: new Date(), slots: [] }),
      doctors: async () => {
        doctorReads += 1
        return { snapshot, doctors: [{ doctorId, held, isPartial: doctorReads === 1 }] }
      },
    }
    const tail = { horizon: 10n, subscribe: () => () => undefined }
    const calendar = new Calendar({ tail, reads, bytesMax: 1_000_000, log: createLogger('silent') })
    await calendar.watch([doctorId], { readAgain: false })
    await vi.advanceTimersByTimeAsync(2_900)
    expect(doctorReads).toBe(1)
    await vi.advanceTimersByTimeAsync(200)
    expect(doctorReads).toBe(2)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(doctorReads).toBe(2)
    calendar.stop()
  })
})
