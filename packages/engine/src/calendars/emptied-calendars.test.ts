import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { BusyCalendarNotice, BusyCalendarRead, BusyTime } from '../model/busy-calendar.ts'
import { createReads } from '../reads/create-reads.ts'
import { createBusyCalendars } from './create-busy-calendars.ts'
import { recordBusyCalendar, takeBusyCalendarNotices, takeDueBusyCalendars } from './read-busy-calendars.ts'

const hourMs = 3_600_000

/** A doctor whose external calendar blocks a slot. */
async function aScene(database: TestDatabase) {
  const pool = database.appPool
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const { id: doctorId, clinicNo } = doctor
  const calendars = createBusyCalendars(pool)
  await calendars.set({ clinicNo, doctorId, sealedUrl: 'sealed' })
  const due = { clinicNo, doctorId, sealedUrl: 'sealed', etag: null, lastModified: null }
  const changed = (set: string) =>
    database.ownerPool.query(`update holdfast.busy_calendar set ${set} where resource_id = $1`, [doctorId])
  return {
    slot,
    due,
    changed,
    record: (read: BusyCalendarRead) => recordBusyCalendar(pool, due, read),
    state: () => calendars.find(clinicNo, doctorId),
    isBlocked: async () => (await createReads(pool).slot(slot.id))?.available === 0,
    replaced: () => calendars.set({ clinicNo, doctorId, sealedUrl: 'sealed' }),
    async notices() {
      const found: BusyCalendarNotice[] = []
      await takeBusyCalendarNotices(pool, {
        limit: 1_000,
        notify: async (_transaction, notice) => void found.push(notice),
        onError(error) {
          throw error
        },
      })
      return found.filter((notice) => notice.doctorId === doctorId)
    },
    waited: () => changed(`empty_since = empty_since - interval '11 minutes'`),
  }
}

const read = (...busy: BusyTime[]): BusyCalendarRead => ({
  kind: 'read',
  busy,
  leftOut: 0,
  leftOutEvents: [],
  etag: '"1"',
  lastModified: null,
})

test('a calendar frees its times when it is empty twice, and notifies the doctor once', async ({ database }) => {
  const { slot, record, state, isBlocked, notices, waited } = await aScene(database)
  const booking = await aBooking(database, slot)
  const held = await aBooking(database, slot, { status: 'PENDING' })
  await record(read(slot))
  await record(read())
  expect(await isBlocked()).toBe(true)
  expect(await state()).toMatchObject({ emptySince: expect.any(Date), emptiedAt: null })
  expect(await notices()).toEqual([])
  await waited()
  await record(read())
  expect((await state())?.emptySince).toBeNull()
  const { emptiedAt } = (await state()) ?? {}
  expect(await notices()).toEqual([expect.objectContaining({ kind: 'emptied', since: emptiedAt })])
  await record(read())
  expect(await state()).toMatchObject({ emptiedAt })
  expect(await notices()).toEqual([])
  const { rows } = await database.ownerPool.query(sql`
    select b.id, b.status, s.taken, s.blocked_at from holdfast.booking b
     join holdfast.slot s on s.id = b.slot_id where s.id = ${slot.id} order by b.id`)
  expect(rows).toEqual(
    [
      { id: booking.id, status: 'CONFIRMED', taken: 2, blocked_at: null },
      { id: held.id, status: 'PENDING', taken: 2, blocked_at: null },
    ].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  )
  // When a time is in the calendar again, everything begins anew.
  await record(read(slot))
  expect(await state()).toMatchObject({ emptySince: null, emptiedAt: null })
  expect(await isBlocked()).toBe(true)
})

test('an empty calendar that has its times again, fails or is not read again frees nothing', async ({ database }) => {
  const { slot, record, state, isBlocked, notices, waited } = await aScene(database)
  await record(read(slot))
  await record(read())
  // Another process read it at the same time.
  await record(read())
  expect(await isBlocked()).toBe(true)
  await waited()
  await record({ kind: 'failed', reason: 'status', problem: 'x' })
  expect(await isBlocked()).toBe(true)
  await record(read(slot))
  expect(await state()).toMatchObject({ emptySince: null, emptiedAt: null })
  await record(read())
  expect(await isBlocked()).toBe(true)
  expect(await notices()).toEqual([])
})

test('an empty calendar is read whole the next time', async ({ database }) => {
  const { slot, record, changed, due } = await aScene(database)
  const tag = async () => {
    await changed('read_next_at = now()')
    const taken = await takeDueBusyCalendars(database.appPool, 1_000)
    return taken.find(({ doctorId }) => doctorId === due.doctorId)?.etag
  }
  await record(read(slot))
  expect(await tag()).toBe('"1"')
  await record(read())
  expect(await tag()).toBeNull()
})

test('a new address with an empty calendar, or one that is all past, are asked for nothing', async ({ database }) => {
  const { slot, record, state, isBlocked, notices, replaced } = await aScene(database)
  await record(read(slot))
  await record(read())
  await replaced()
  expect(await state()).toMatchObject({ emptySince: null, emptiedAt: null })
  await record(read())
  expect(await isBlocked()).toBe(false)
  const passed = { startsAt: new Date(Date.now() - 2 * hourMs), endsAt: new Date(Date.now() - hourMs) }
  await record(read(passed))
  await record(read())
  expect(await state()).toMatchObject({ emptySince: null, emptiedAt: null })
  expect(await notices()).toEqual([])
})

test('the events that are left out are stored with their reasons, until all are understood', async ({ database }) => {
  const { slot, record, state } = await aScene(database)
  const leftOutEvents = [
    { reason: 'unknown_zone', detail: 'Mars/Olympus', count: 2 },
    { reason: 'rule', detail: null, count: 1 },
  ] as const
  await record({ kind: 'read', busy: [slot], leftOut: 3, leftOutEvents, etag: null, lastModified: null })
  await record({ kind: 'unchanged' })
  expect(await state()).toMatchObject({ leftOut: 3, leftOutEvents })
  await record(read(slot))
  expect(await state()).toMatchObject({ leftOut: 0, leftOutEvents: [] })
})
