import { aBooking, aClinic, aDoctor, aSlot, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { newId } from '../model/id.ts'
import { createCalendarReads } from './calendar-reads.ts'

const reads = (database: TestDatabase) => createCalendarReads(database.appPool)
const inMs = (ms: number) => new Date(Date.now() + ms)

describe('slots of the calendar by id', () => {
  test('the free units, across clinics, and when the next hold lapses; none when withdrawn', async ({ database }) => {
    const [one, two] = [
      await aDoctor(database, await aClinic(database)),
      await aDoctor(database, await aClinic(database)),
    ]
    const free = await aSlot(database, one, { capacity: 3 })
    const held = await aSlot(database, two, { capacity: 3 })
    const withdrawn = await aSlot(database, one, { capacity: 3 })
    await aBooking(database, free)
    await aBooking(database, held, { status: 'PENDING', holdExpiresAt: inMs(60_000) })
    await aBooking(database, held, { status: 'PENDING', holdExpiresAt: inMs(120_000) })
    await aBooking(database, withdrawn, { status: 'PENDING' })
    await database.ownerPool.query('update holdfast.slot set withdrawn_at = now() where id = $1', [withdrawn.id])
    const { slots, asOf } = await reads(database).slots([free.id, held.id, withdrawn.id, newId(one.clinicNo)])
    expect(Math.abs(asOf.getTime() - Date.now())).toBeLessThan(60_000)
    const byId = new Map(slots.map((slot) => [slot.id, slot]))
    expect(byId.size).toBe(3)
    const common = { doctorId: one.id, capacity: 3, lapsesInMs: null }
    expect(byId.get(free.id)).toEqual({
      ...common,
      id: free.id,
      startsAt: free.startsAt,
      endsAt: free.endsAt,
      available: 2,
      isWithdrawn: false,
    })
    expect(byId.get(withdrawn.id)).toMatchObject({ ...common, available: 0, isWithdrawn: true })
    expect(byId.get(held.id)).toMatchObject({ doctorId: two.id, available: 1 })
    expect(byId.get(held.id)?.lapsesInMs).toBeGreaterThan(30_000)
    expect(byId.get(held.id)?.lapsesInMs).toBeLessThanOrEqual(60_000)
    expect(await reads(database).slots([])).toMatchObject({ slots: [] })
  })

  test('units of lapsed holds are free before the sweep, and the next to lapse is reported', async ({ database }) => {
    const doctor = await aDoctor(database, await aClinic(database))
    const slot = await aSlot(database, doctor, { capacity: 2 })
    await aBooking(database, slot, { status: 'PENDING' })
    await lapseHolds(database, slot)
    expect((await reads(database).slots([slot.id])).slots).toMatchObject([{ available: 2, lapsesInMs: null }])
    await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: inMs(60_000) })
    const [read] = (await reads(database).slots([slot.id])).slots
    expect(read?.available).toBe(1)
    expect(read?.lapsesInMs).toBeGreaterThan(30_000)
  })
})

describe('doctors of the calendar', () => {
  test('active doctors with their slots with holds, the first to lapse first', async ({ database, clinic }) => {
    const [busy, idle] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
    const inactive = await aDoctor(database, clinic, { active: false })
    const [late, soon, lapsed, confirmed, gone] = [
      await aSlot(database, busy),
      await aSlot(database, busy),
      await aSlot(database, busy),
      await aSlot(database, busy),
      await aSlot(database, busy),
    ]
    await aBooking(database, late, { status: 'PENDING', holdExpiresAt: inMs(120_000) })
    await aBooking(database, soon, { status: 'PENDING', holdExpiresAt: inMs(60_000) })
    await aBooking(database, lapsed, { status: 'PENDING' })
    await lapseHolds(database, lapsed)
    await aBooking(database, confirmed)
    await aBooking(database, gone, { status: 'PENDING' })
    await database.ownerPool.query('update holdfast.slot set withdrawn_at = now() where id = $1', [gone.id])
    const { doctors } = await reads(database).doctors([busy.id, idle.id, inactive.id, newId(clinic.no), 'x', busy.id])
    const byId = new Map(doctors.map((doctor) => [doctor.doctorId, doctor]))
    expect([...byId.keys()].sort()).toEqual([busy.id, idle.id].sort())
    expect(byId.get(idle.id)).toEqual({ doctorId: idle.id, held: [], isPartial: false })
    expect(byId.get(busy.id)?.held.map(({ id, available, hasLapsed }) => [id, available, hasLapsed])).toEqual([
      [lapsed.id, 1, true],
      [soon.id, 0, false],
      [late.id, 0, false],
    ])
    expect(byId.get(busy.id)?.isPartial).toBe(false)
    expect(await reads(database).doctors(['x'])).toMatchObject({ doctors: [] })
  })

  test('of very many slots with holds, the first thousand are listed, and isPartial is true', async ({ database }) => {
    const doctor = await aDoctor(database, await aClinic(database))
    await database.ownerPool.query(
      `insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, taken, next_lapse)
       select $1, s.id, $2, now() + s.n * interval '1 hour', now() + s.n * interval '1 hour' + interval '1 minute', 1,
         1,
              now() + interval '1 minute' + s.n * interval '1 second'
         from unnest($3::uuid[]) with ordinality s(id, n)`,
      [doctor.clinicNo, doctor.id, Array.from({ length: 1_100 }, () => newId(doctor.clinicNo))],
    )
    const [read] = (await reads(database).doctors([doctor.id])).doctors
    expect(read?.held).toHaveLength(1_000)
    expect(read?.isPartial).toBe(true)
    expect(Math.max(...(read?.held ?? []).map((slot) => slot.lapsesInMs ?? 0))).toBeLessThan(60_000 + 1_001_000)
  })
})

const hourMs = 3_600_000

/** A day well ahead, `YYYY-MM-DD`. */
function dayAhead(days: number): string {
  return Temporal.Now.plainDateISO('UTC').add({ days }).toString()
}

describe('days of the calendar', () => {
  test('the slots that start on the clinic’s local days, inclusive, by start, with the rules', async ({ database }) => {
    const settings = { minimumNoticeMinutes: 90, bookingHorizonDays: 30 }
    const doctor = await aDoctor(database, await aClinic(database, { timezone: 'America/Sao_Paulo', settings }))
    const [day, next] = [dayAhead(10), dayAhead(11)]
    const at = (date: string, time: string) =>
      new Date(Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime('America/Sao_Paulo').epochMilliseconds)
    const last = await aSlot(database, doctor, { startsAt: at(next, '23:45'), capacity: 4 })
    const first = await aSlot(database, doctor, { startsAt: at(day, '00:00') })
    await aSlot(database, doctor, { startsAt: at(dayAhead(9), '23:45') })
    await aSlot(database, doctor, { startsAt: at(dayAhead(12), '00:00') })
    await aSlot(database, doctor, { startsAt: at(day, '12:00'), withdrawn: true })
    await aBooking(database, last, { units: 3 })
    const days = await reads(database).days(doctor.id, day, next)
    const common = { doctorId: doctor.id, lapsesInMs: null }
    expect(days).toEqual({
      snapshot: expect.anything(),
      asOf: expect.any(Date),
      start: at(day, '00:00'),
      end: at(dayAhead(12), '00:00'),
      rules: { timezone: 'America/Sao_Paulo', ...settings },
      slots: [
        { ...common, id: first.id, startsAt: first.startsAt, endsAt: first.endsAt, capacity: 1, available: 1 },
        { ...common, id: last.id, startsAt: last.startsAt, endsAt: last.endsAt, capacity: 4, available: 1 },
      ],
    })
    expect(await reads(database).days(doctor.id, dayAhead(20), dayAhead(21))).toMatchObject({ slots: [] })
  })

  test('full are listed, withdrawn not; lapsed holds are free, others say when they end', async ({ database }) => {
    const doctor = await aDoctor(database, await aClinic(database))
    const full = await aSlot(database, doctor, { capacity: 2 })
    const lapsed = await aSlot(database, doctor, { capacity: 3 })
    const held = await aSlot(database, doctor, { capacity: 3 })
    await aSlot(database, doctor, { withdrawn: true })
    await aBooking(database, full, { units: 2 })
    await aBooking(database, lapsed, { status: 'PENDING', units: 2 })
    await lapseHolds(database, lapsed)
    await aBooking(database, lapsed)
    await aBooking(database, held, { status: 'PENDING', holdExpiresAt: inMs(60_000) })
    const days = await reads(database).days(doctor.id, dayAhead(0), dayAhead(3))
    expect(days?.slots.map(({ id, available }) => [id, available])).toEqual([
      [full.id, 0],
      [lapsed.id, 2],
      [held.id, 2],
    ])
    expect(days?.slots.map(({ lapsesInMs }) => lapsesInMs)).toEqual([null, null, expect.closeTo(60_000, -5)])
  })

  test('without slots, the list is empty and still has its time', async ({ database, doctor }) => {
    const before = Date.now() - 60_000
    const days = await reads(database).days(doctor.id, dayAhead(1), dayAhead(2))
    expect(days?.slots).toEqual([])
    expect(days?.asOf.getTime()).toBeGreaterThan(before)
    expect(await reads(database).days(doctor.id, dayAhead(2), dayAhead(1))).toMatchObject({ slots: [] })
  })

  test('a zone that is no longer the clinic’s is not used', async ({ database }) => {
    const doctor = await aDoctor(database, await aClinic(database, { timezone: 'Asia/Tokyo' }))
    const day = dayAhead(5)
    const midnight = new Date(`${day}T00:00+09:00`)
    const slot = await aSlot(database, doctor, { startsAt: midnight })
    for (const zone of [null, 'Asia/Tokyo', 'UTC', 'America/Lima']) {
      const days = await reads(database).days(doctor.id, day, day, zone)
      expect(days).toMatchObject({ start: midnight, end: new Date(midnight.getTime() + 24 * hourMs) })
      expect(days?.slots.map(({ id }) => id)).toEqual([slot.id])
    }
  })

  test('null for a missing doctor, an inactive one, and what is not an id', async ({ database, clinic }) => {
    const inactive = await aDoctor(database, clinic, { active: false })
    for (const id of [inactive.id, newId(clinic.no), 'x', crypto.randomUUID()]) {
      for (const zone of [null, 'UTC'])
        expect(await reads(database).days(id, dayAhead(0), dayAhead(1), zone)).toBeNull()
    }
  })
})
