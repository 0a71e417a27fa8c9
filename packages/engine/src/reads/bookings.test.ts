import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  type BuiltClinic,
  type BuiltDoctor,
  lapseHolds,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { beforeAll, describe, expect } from 'vitest'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import type { Booking } from '../model/booking.ts'
import { newId } from '../model/id.ts'
import type { Page } from '../model/page.ts'
import type { BookingsOfAccountQuery, BookingsOfClinicQuery } from '../model/reads.ts'
import { createReads } from './create-reads.ts'

let database: TestDatabase

test.beforeAll(({ database: testDatabase }) => {
  database = testDatabase
})

const reads = () => createReads(database.appPool)
const dayAhead = (days: number) => Temporal.Now.plainDateISO('UTC').add({ days }).toString()

async function aCalendar(timezone = 'UTC') {
  const clinic = await aClinic(database, { timezone })
  return { clinic, doctor: await aDoctor(database, clinic) }
}

function ofClinic(clinic: BuiltClinic, overrides: Partial<BookingsOfClinicQuery> = {}) {
  const range = { from: dayAhead(0), to: dayAhead(3) }
  return reads().bookingsOfClinic({
    clinicNo: clinic.no,
    ...range,
    status: null,
    confirmedOnly: false,
    doctorId: null,
    q: null,
    limit: 100,
    cursor: null,
    ...overrides,
  })
}

function ofAccount(accountId: string, overrides: Partial<BookingsOfAccountQuery> = {}) {
  return reads().bookingsOfAccount({
    accountId,
    status: null,
    from: null,
    to: null,
    limit: 100,
    cursor: null,
    ...overrides,
  })
}

const ids = (page: Page<Booking>) => page.items.map((booking) => booking.id)

/** Reads page after page, and returns all items and the number of pages. */
async function allPages(
  read: (cursor: string | null) => Promise<Page<Booking>>,
): Promise<{ items: Booking[]; pages: number }> {
  const items: Booking[] = []
  let cursor: string | null = null
  let pages = 0
  do {
    const page: Page<Booking> = await read(cursor)
    items.push(...page.items)
    cursor = page.nextCursor
    pages += 1
  } while (cursor !== null)
  return { items, pages }
}

describe('a booking by its id', () => {
  test('everything about it', async () => {
    const { clinic, doctor } = await aCalendar()
    const slot = await aSlot(database, doctor)
    const accountId = randomUUID()
    const { id } = await aBooking(database, slot, {
      status: 'PENDING',
      accountId,
      patient: { name: 'Ana', email: 'ana@example.org' },
      reason: 'cough',
    })
    const booking = await reads().booking(id)
    expect(booking).toEqual({
      id,
      clinicNo: clinic.no,
      clinicId: clinic.id,
      doctorId: doctor.id,
      slotId: slot.id,
      status: 'PENDING',
      failureReason: null,
      units: 1,
      startsAt: slot.startsAt,
      endsAt: slot.endsAt,
      holdExpiresAt: expect.any(Date),
      extended: false,
      accountId,
      visitTypeId: null,
      sessionId: null,
      appointmentType: 'in_person',
      patient: { name: 'Ana', email: 'ana@example.org' },
      reason: 'cough',
      cancellationReason: null,
      version: 1,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      erasedAt: null,
      attendanceConfirmedAt: null,
      requestedAt: null,
    })
  })

  test('a hold that has lapsed reads as failed, even before the sweeper has run', async () => {
    const { doctor } = await aCalendar()
    const slot = await aSlot(database, doctor)
    const { id } = await aBooking(database, slot, { status: 'PENDING' })
    await lapseHolds(database, slot)
    expect(await reads().booking(id)).toMatchObject({
      status: 'FAILED',
      failureReason: 'hold_expired',
      holdExpiresAt: null,
      version: 1,
    })
    const { rows } = await database.appPool.query('select status from holdfast.booking where id = $1', [id])
    expect(rows).toEqual([{ status: 'PENDING' }])
  })

  test('null for an id that does not exist, and for what is not an id', async () => {
    const { clinic } = await aCalendar()
    expect(await reads().booking(newId(clinic.no))).toBeNull()
    expect(await reads().booking('nothing')).toBeNull()
  })
})

describe('a clinic’s bookings', () => {
  test('by the local day of their slots, in order of start', async () => {
    const { clinic, doctor } = await aCalendar('Asia/Tokyo')
    const at = (date: string, time: string) =>
      new Date(Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime('Asia/Tokyo').epochMilliseconds)
    const slotAt = (date: string, time: string) => aSlot(database, doctor, { startsAt: at(date, time), capacity: 2 })
    const late = await aBooking(database, await slotAt(dayAhead(5), '23:45'))
    const earlySlot = await slotAt(dayAhead(5), '00:00')
    const early = [await aBooking(database, earlySlot), await aBooking(database, earlySlot)]
    await aBooking(database, await slotAt(dayAhead(4), '23:45'))
    await aBooking(database, await slotAt(dayAhead(6), '00:00'))
    const page = await ofClinic(clinic, { from: dayAhead(5), to: dayAhead(5) })
    expect(ids(page)).toEqual([...early.map((booking) => booking.id).sort(), late.id])
    expect(page.nextCursor).toBeNull()
  })

  test('by effective status', async () => {
    const { clinic, doctor } = await aCalendar()
    const byStatus: Record<string, string> = {}
    for (const status of [
      'PENDING',
      'CONFIRMED',
      'CANCELLED',
      'ARRIVED',
      'NO_SHOW',
      'COMPLETED',
      'hold_expired',
      'slot_withdrawn',
    ] as const) {
      byStatus[status] = (await aBooking(database, await aSlot(database, doctor), { status })).id
    }
    const slot = await aSlot(database, doctor)
    const lapsed = await aBooking(database, slot, { status: 'PENDING' })
    await lapseHolds(database, slot)
    expect(ids(await ofClinic(clinic))).toHaveLength(9)
    for (const status of ['PENDING', 'CONFIRMED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED'] as const) {
      const page = await ofClinic(clinic, { status })
      expect(ids(page)).toEqual([byStatus[status]])
      expect(page.items[0]?.status).toBe(status)
    }
    const failed = await ofClinic(clinic, { status: 'FAILED' })
    expect(ids(failed)).toEqual([byStatus.hold_expired, byStatus.slot_withdrawn, lapsed.id])
    expect(failed.items.map((booking) => booking.failureReason)).toEqual([
      'hold_expired',
      'slot_withdrawn',
      'hold_expired',
    ])
  })

  test('confirmed only: without holds that lapsed or were released, in each status and in a search', async () => {
    const { clinic, doctor } = await aCalendar()
    const slot = await aSlot(database, doctor, { capacity: 9 })
    const withdrawn = await aBooking(database, slot, { status: 'slot_withdrawn' })
    await aBooking(database, slot, { status: 'hold_expired' })
    const cancelled = await aBooking(database, slot, { status: 'CANCELLED' })
    const released = await aBooking(database, slot, { status: 'PENDING' })
    await runSettleBatch(database.appPool, [aSettlement(released.id, 'cancel', { onBehalf: false })])
    await aBooking(database, slot, { status: 'PENDING' })
    await lapseHolds(database, slot)
    const held = await aBooking(database, slot, { status: 'PENDING' })
    const kept = [withdrawn.id, cancelled.id, held.id].toSorted()
    expect(ids(await ofClinic(clinic))).toHaveLength(6)
    expect(ids(await ofClinic(clinic, { confirmedOnly: true })).toSorted()).toEqual(kept)
    expect(ids(await ofClinic(clinic, { confirmedOnly: true, status: 'CANCELLED' }))).toEqual([cancelled.id])
    expect(ids(await ofClinic(clinic, { confirmedOnly: true, status: 'FAILED' }))).toEqual([withdrawn.id])
    expect(ids(await ofClinic(clinic, { status: 'CANCELLED', q: released.id }))).toEqual([released.id])
    expect(ids(await ofClinic(clinic, { confirmedOnly: true, q: released.id }))).toEqual([])
  })

  test('by doctor, and never those of another clinic', async () => {
    const { clinic, doctor } = await aCalendar()
    const mine = await aBooking(database, await aSlot(database, doctor))
    const colleague = await aDoctor(database, clinic)
    await aBooking(database, await aSlot(database, colleague))
    const elsewhere = await aCalendar()
    await aBooking(database, await aSlot(database, elsewhere.doctor))
    expect(ids(await ofClinic(clinic, { doctorId: doctor.id }))).toEqual([mine.id])
    expect(ids(await ofClinic(clinic))).toHaveLength(2)
    expect(ids(await ofClinic(clinic, { doctorId: elsewhere.doctor.id }))).toEqual([])
    expect(await ofClinic({ ...clinic, no: 16_000_000 })).toEqual({ items: [], nextCursor: null })
  })

  describe('by a search', () => {
    let clinic: BuiltClinic
    let doctor: BuiltDoctor
    const found: Record<string, string> = {}
    beforeAll(async () => {
      ;({ clinic, doctor } = await aCalendar())
      for (const patient of [
        { name: 'José Müller-Gonçalves', email: 'Jose@Example.org', phone: '+55 27 99999-0001' },
        { name: '100% Real_Name\\', email: 'percent@example.org' },
        { name: '1000 Realname', phone: '+49 30 1234' },
        { name: 'Łukasz' },
        { name: 'Jürgen Groß', phone: '+49 (0)171 2345678' },
        { name: 'Anna Mueller-Sørensen', phone: '0172 / 555 666' },
        { name: "Samuel O'Brien", phone: '00353 1 8090100' },
        { name: 'Leila', phone: '٠١٥١ ٢٢٣' },
      ]) {
        found[patient.name] = (await aBooking(database, await aSlot(database, doctor), { patient })).id
      }
    })
    const search = async (q: string) => {
      const page = await ofClinic(clinic, { q })
      return page.items.map((booking) => booking.patient.name)
    }

    test.each([
      ['jose', ['José Müller-Gonçalves']],
      ['MÜLLER JOSÉ', ['José Müller-Gonçalves']],
      ['goncalves', ['José Müller-Gonçalves']],
      ['Gonc\u0327alves', ['José Müller-Gonçalves']],
      ['jose@example.ORG', ['José Müller-Gonçalves']],
      ['99999-0001', ['José Müller-Gonçalves']],
      ['example.org', ['José Müller-Gonçalves', '100% Real_Name\\']],
      ['%', ['100% Real_Name\\']],
      ['l_n', ['100% Real_Name\\']],
      ['\\', ['100% Real_Name\\']],
      ['%real', []],
      ["' or true --", []],
      ['łukasz', ['Łukasz']],
      ['nobody', []],
      ['Lukasz', ['Łukasz']],
      ['Groß, Jürgen', ['Jürgen Groß']],
      ['gross juergen', ['Jürgen Groß']],
      ['Jürgen nobody', []],
      ['Mü.*', []],
      ['[a-z]+', []],
      ['(?:', []],
      ['***:x', []],
      ['\\d', []],
      ['हिन्दी {2}', []],
      ['Mueller', ['José Müller-Gonçalves', 'Anna Mueller-Sørensen']],
      ['Müller', ['José Müller-Gonçalves', 'Anna Mueller-Sørensen']],
      ['Sorensen Muller', ['Anna Mueller-Sørensen']],
      ['Soerensen-Mueller', ['Anna Mueller-Sørensen']],
      ['muel', ["Samuel O'Brien", 'José Müller-Gonçalves', 'Anna Mueller-Sørensen']],
      ['el obrien', ["Samuel O'Brien"]],
      ['01712345678', ['Jürgen Groß']],
      ['+49 171 2345678', ['Jürgen Groß']],
      ['0049 (0)171/2345678', ['Jürgen Groß']],
      ['0171 234', ['Jürgen Groß']],
      ['Groß 0171', ['Jürgen Groß']],
      ['٠١٧١ ٢٣٤', ['Jürgen Groß']],
      ['٠١٥١', ['Leila']],
      ['0151 223', ['Leila']],
      ['Łukasz 00', []],
      ['+49 172 555666', ['Anna Mueller-Sørensen']],
      ['+353 1 809 0100', ["Samuel O'Brien"]],
      ['+49 171 2345679', []],
      ['+49 17', ['Jürgen Groß']],
    ])('%j', async (q, names) => {
      expect((await search(q)).toSorted()).toEqual(names.toSorted())
    })

    test('a booking’s id finds that booking, also in capitals', async () => {
      const id = found.Łukasz ?? ''
      expect(ids(await ofClinic(clinic, { q: id }))).toEqual([id])
      expect(ids(await ofClinic(clinic, { q: ` ${id.toUpperCase()} ` }))).toEqual([id])
      const reference = id.slice(-8)
      expect(ids(await ofClinic(clinic, { q: `${reference.slice(0, 4)} ${reference.slice(4)}` }))).toEqual([id])
      expect(ids(await ofClinic(clinic, { q: newId(clinic.no) }))).toEqual([])
    })

    test('together with a status', async () => {
      expect(ids(await ofClinic(clinic, { q: 'real', status: 'CANCELLED' }))).toEqual([])
      expect(ids(await ofClinic(clinic, { q: 'real', status: 'CONFIRMED' }))).toHaveLength(2)
    })
  })

  test('page by page: every booking once, in order, also within one slot', async () => {
    const { clinic, doctor } = await aCalendar()
    const slots = [await aSlot(database, doctor, { capacity: 20 }), await aSlot(database, doctor, { capacity: 20 })]
    for (const slot of slots)
      for (let n = 0; n < 11; n += 1) await aBooking(database, slot, { status: n % 2 === 0 ? 'PENDING' : 'CONFIRMED' })
    const whole = ids(await ofClinic(clinic))
    expect(whole).toHaveLength(22)
    for (const limit of [1, 5, 11, 21, 22, 23]) {
      const { items, pages } = await allPages((cursor) => ofClinic(clinic, { limit, cursor }))
      expect(items.map((booking) => booking.id)).toEqual(whole)
      expect(pages).toBe(Math.ceil(22 / limit))
    }
  })

  test('a booking created between two pages neither hides nor repeats another', async () => {
    const { clinic, doctor } = await aCalendar()
    const first = await aSlot(database, doctor, { capacity: 5 })
    const second = await aSlot(database, doctor, { capacity: 5 })
    const before = [await aBooking(database, first), await aBooking(database, second)]
    const page = await ofClinic(clinic, { limit: 1 })
    const late = await aBooking(database, first)
    const rest = await ofClinic(clinic, { limit: 10, cursor: page.nextCursor })
    expect([...ids(page), ...ids(rest)]).toEqual([before[0]?.id, late.id, before[1]?.id])
  })

  test('a cursor of another list is refused', async () => {
    const { clinic } = await aCalendar()
    const account = Buffer.from(JSON.stringify(['bookings of account', '1', newId(1)])).toString('base64url')
    await expect(ofClinic(clinic, { cursor: account })).rejects.toThrow(InvalidCursor)
    await expect(ofClinic(clinic, { cursor: 'x' })).rejects.toThrow(InvalidCursor)
  })

  test('a moved booking is found at its new slot', async () => {
    const { clinic, doctor } = await aCalendar()
    const booking = await aBooking(database, await aSlot(database, doctor), { createdAt: new Date() })
    const later = await aSlot(database, doctor, { startsAt: new Date(`${dayAhead(30)}T10:00Z`) })
    await database.ownerPool.query('update holdfast.booking set slot_id = $1 where id = $2', [later.id, booking.id])
    expect(ids(await ofClinic(clinic))).toEqual([])
    expect(ids(await ofClinic(clinic, { from: dayAhead(30), to: dayAhead(30) }))).toEqual([booking.id])
  })
})

describe('an account’s bookings', () => {
  test('across clinics, by status and day, page by page; never another account’s', async () => {
    const accountId = randomUUID()
    const [here, there] = [await aCalendar(), await aCalendar()]
    const at = (days: number, hour: number) => new Date(`${dayAhead(days)}T${hour}:00Z`)
    const late = await aBooking(database, await aSlot(database, here.doctor, { startsAt: at(20, 23) }), { accountId })
    const early = await aBooking(database, await aSlot(database, there.doctor, { startsAt: at(10, 12) }), {
      accountId,
      status: 'CANCELLED',
    })
    const middle = await aBooking(database, await aSlot(database, there.doctor, { startsAt: at(15, 12) }), {
      accountId,
    })
    const lapsedSlot = await aSlot(database, here.doctor, { startsAt: at(16, 12) })
    const lapsed = await aBooking(database, lapsedSlot, { accountId, status: 'PENDING' })
    await lapseHolds(database, lapsedSlot)
    await aBooking(database, await aSlot(database, here.doctor), { accountId: randomUUID() })
    await aBooking(database, await aSlot(database, here.doctor))

    expect(ids(await ofAccount(accountId))).toEqual([early.id, middle.id, lapsed.id, late.id])
    expect(ids(await ofAccount(accountId, { status: 'CONFIRMED' }))).toEqual([middle.id, late.id])
    expect(ids(await ofAccount(accountId, { status: 'FAILED' }))).toEqual([lapsed.id])
    expect(ids(await ofAccount(accountId, { status: 'PENDING' }))).toEqual([])
    expect(ids(await ofAccount(accountId, { from: dayAhead(15), to: dayAhead(16) }))).toEqual([middle.id, lapsed.id])
    expect(ids(await ofAccount(accountId, { from: dayAhead(20) }))).toEqual([late.id])
    expect(ids(await ofAccount(accountId, { to: dayAhead(10) }))).toEqual([early.id])
    const { items, pages } = await allPages((cursor) => ofAccount(accountId, { limit: 3, cursor }))
    expect(items.map((booking) => booking.id)).toEqual([early.id, middle.id, lapsed.id, late.id])
    expect(pages).toBe(2)
    await expect(ofAccount(accountId, { cursor: 'x' })).rejects.toThrow(InvalidCursor)
  })
})
