import { type CalendarReads, type Committed, type LogEntry, newId, Snapshot } from '@holdfast/engine'
import pino from 'pino'
import { expect, test } from 'vitest'
import { unitsOf } from '../../test/calendar-stage.ts'
import { Calendar } from './calendar.ts'
import type { LogListener } from './calendar-change.ts'

test('a list that waits while too many changed slots are forgotten is loaded again', async () => {
  const [doctorId, slotId] = [newId(1), newId(1)]
  const [start, end] = [new Date(Date.UTC(2027, 0, 1)), new Date(Date.UTC(2027, 0, 2))]
  const asOf = new Date(Date.UTC(2026, 11, 31))
  const snapshot = new Snapshot(9, 9, [])
  const rules = { timezone: 'UTC', minimumNoticeMinutes: 0, bookingHorizonDays: 90 }
  const patch = Promise.withResolvers<Awaited<ReturnType<CalendarReads['slots']>>>()
  const patchBegan = Promise.withResolvers<void>()
  let available = 5
  let report: LogListener = () => undefined
  let commit: (committed: Committed) => void = () => undefined
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
        const slot = { id: slotId, doctorId, startsAt: start, endsAt: end, capacity: 5, available, lapsesInMs: null }
        return { snapshot, asOf, start, end, rules, slots: [slot] }
      },
      slots: () => {
        patchBegan.resolve()
        return patch.promise
      },
      doctors: async () => ({ snapshot, doctors: [{ doctorId, held: [], isPartial: false }] }),
    },
    bytesMax: 1_000_000,
    readMs: 0,
    log: pino({ enabled: false }),
  })
  calendar.follow({
    onCommitted: (listener) => {
      commit = listener
      return () => undefined
    },
  })
  const list = async () => unitsOf(await calendar.days(doctorId, '2027-01-01', '2027-01-01', null))[slotId]
  const booked = (count: number) =>
    Array.from({ length: count }, (_, n) => {
      const entry = { kind: 'booking', type: 'booked', xid: 2n, seq: BigInt(n), doctorId, slotId: newId(1) }
      return { ...entry, bookingId: newId(1), version: 1, fromSlotId: null, fromDoctorId: null } as LogEntry
    })

  await calendar.watch([doctorId], { readAgain: false })
  expect(await list()).toBe(5)
  report(booked(1), 3n)
  await patchBegan.promise
  available = 4
  const slots = [{ slotId, doctorId, startsAt: start, available: null, lapsesInMs: null }]
  const ids = { clinicNos: new Set<number>(), doctorIds: new Set<string>(), accountIds: new Set<string>() }
  commit({ kind: 'bookings', position: '20', snapshot: null, slots, ...ids })
  const listed = list()
  report(booked(50_001), 4n)
  patch.resolve({ snapshot, asOf, slots: [] })
  expect(await listed).toBe(4)
  expect(calendar.figures).toMatchObject({ loads: 2, changedSlots: 0 })
  calendar.stop()
})
