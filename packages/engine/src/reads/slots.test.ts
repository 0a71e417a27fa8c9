import { aBooking, aClinic, aDoctor, aSlot, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { newId } from '../model/id.ts'
import type { AlternativesQuery } from '../model/reads.ts'
import { createReads } from './create-reads.ts'

const hourMs = 3_600_000

function reads(database: TestDatabase) {
  return createReads(database.appPool)
}

/** A day well ahead, `YYYY-MM-DD`. */
function dayAhead(days: number): string {
  return Temporal.Now.plainDateISO('UTC').add({ days }).toString()
}

async function aDoctorOf(
  database: TestDatabase,
  overrides: Parameters<typeof aClinic>[1] = {},
  doctorOverrides: Parameters<typeof aDoctor>[2] = {},
) {
  const clinic = await aClinic(database, overrides)
  return { clinic, doctor: await aDoctor(database, clinic, doctorOverrides) }
}

/** A new booking by a patient who takes either type of appointment. */
const anybody = { appointmentType: null, fromSlotId: null, sameDoctor: false, byDesk: false }

test('the starts of slots, also of withdrawn ones, and nothing of those that do not exist', async ({ database }) => {
  const { doctor } = await aDoctorOf(database)
  const [kept, withdrawn] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  await database.ownerPool.query('update holdfast.slot set withdrawn_at = now() where id = $1', [withdrawn.id])
  const starts = await reads(database).slotStarts([kept.id, withdrawn.id, newId(doctor.clinicNo)])
  expect(starts).toEqual(new Map([kept, withdrawn].map(({ id, startsAt }) => [id, startsAt])))
  expect(await reads(database).slotStarts([])).toEqual(new Map())
})

describe('a slot by its id', () => {
  test('lapsed holds count as free', async ({ database }) => {
    const { doctor } = await aDoctorOf(database)
    const lapsed = await aSlot(database, doctor, { capacity: 3 })
    await aBooking(database, lapsed, { status: 'PENDING', units: 2 })
    await lapseHolds(database, lapsed)
    await aBooking(database, lapsed, { status: 'PENDING' })
    expect(await reads(database).slot(lapsed.id)).toMatchObject({
      id: lapsed.id,
      doctorId: doctor.id,
      capacity: 3,
      available: 2,
    })
  })

  test('null for a missing one, and what is not an id', async ({ database }) => {
    const { clinic } = await aDoctorOf(database)
    expect(await reads(database).slot('x')).toBeNull()
    expect(await reads(database).slot(newId(clinic.no))).toBeNull()
  })

  test('a withdrawn slot is still found, with nothing available', async ({ database }) => {
    const { doctor } = await aDoctorOf(database)
    const slot = await aSlot(database, doctor, { capacity: 4, withdrawn: true })
    expect(await reads(database).slot(slot.id)).toMatchObject({ id: slot.id, capacity: 4, available: 0 })
  })
})

describe('alternatives to a full slot', () => {
  test('the same day by nearness, then later days, then colleagues of that day', async ({ database }) => {
    const { clinic, doctor } = await aDoctorOf(database, {}, { specialization: 'Cardiology' })
    const noon = new Date(`${dayAhead(5)}T12:00Z`)
    const in_ = (hours: number) => ({ startsAt: new Date(noon.getTime() + hours * hourMs) })
    const wanted = await aSlot(database, doctor, in_(0))
    await aBooking(database, wanted)
    const later = await aSlot(database, doctor, in_(2))
    const full = await aSlot(database, doctor, in_(1))
    await aBooking(database, full)
    const earlier = await aSlot(database, doctor, in_(-1))
    const nextDay = await aSlot(database, doctor, in_(20))
    await aSlot(database, doctor, in_(-24))
    await aSlot(database, doctor, { ...in_(-0.5), withdrawn: true })
    const colleague = await aDoctor(database, clinic, { specialization: 'Cardiology' })
    const colleagues = await aSlot(database, colleague, in_(3))
    await aSlot(database, colleague, in_(24))
    for (const other of [
      await aDoctor(database, clinic, { specialization: 'Dermatology' }),
      await aDoctor(database, clinic, { specialization: 'Cardiology', active: false }),
      await aDoctor(database, await aClinic(database), { specialization: 'Cardiology' }),
    ]) {
      await aSlot(database, other, in_(0))
    }
    const ids = async (limit: number, units = 1) =>
      (await reads(database).alternatives({ ...anybody, slotId: wanted.id, units, limit })).map((slot) => slot.id)
    expect(await ids(10)).toEqual([earlier.id, later.id, nextDay.id, colleagues.id])
    expect(await ids(3)).toEqual([earlier.id, later.id, nextDay.id])
    expect(await ids(1)).toEqual([earlier.id])
    expect(await ids(0)).toEqual([])
    expect(await ids(3, 2)).toEqual([])
  })

  test('only of doctors with the type of visit; not the slot a move leaves; of one doctor', async ({ database }) => {
    const { clinic, doctor } = await aDoctorOf(database, {}, { specialization: 'Cardiology' })
    const wanted = await aSlot(database, doctor)
    const own = await aSlot(database, doctor)
    const colleague = (appointmentTypes: ('in_person' | 'video')[]) =>
      aDoctor(database, clinic, { specialization: 'Cardiology', appointmentTypes })
    const inPerson = await aSlot(database, await colleague(['in_person']), { startsAt: wanted.startsAt })
    const byVideo = await aSlot(database, await colleague(['video']), { startsAt: wanted.startsAt })
    const both = await aSlot(database, await colleague(['in_person', 'video']), { startsAt: wanted.startsAt })
    const ids = async (overrides: Partial<typeof query>) =>
      (await reads(database).alternatives({ ...query, ...overrides })).map(({ id }) => id).toSorted()
    const query = { ...anybody, slotId: wanted.id, units: 1, limit: 9 } as AlternativesQuery
    const sorted = (...slots: { id: string }[]) => slots.map(({ id }) => id).toSorted()
    expect(await ids({})).toEqual(sorted(own, inPerson, byVideo, both))
    expect(await ids({ appointmentType: 'video' })).toEqual(sorted(byVideo, both))
    expect(await ids({ appointmentType: 'in_person' })).toEqual(sorted(own, inPerson, both))
    expect(await ids({ fromSlotId: own.id })).toEqual(sorted(inPerson, byVideo, both))
    expect(await ids({ sameDoctor: true })).toEqual(sorted(own))
  })

  test('units of lapsed holds count as free; the slot must have enough units', async ({ database }) => {
    const { doctor } = await aDoctorOf(database)
    const wanted = await aSlot(database, doctor)
    const lapsed = await aSlot(database, doctor, { capacity: 3 })
    await aBooking(database, lapsed, { status: 'PENDING', units: 2 })
    await aBooking(database, lapsed)
    const ask = async (units: number) =>
      (await reads(database).alternatives({ ...anybody, slotId: wanted.id, units, limit: 3 })).map(
        (slot) => slot.available,
      )
    expect(await ask(1)).toEqual([])
    await lapseHolds(database, lapsed)
    expect(await ask(2)).toEqual([2])
    expect(await ask(3)).toEqual([])
  })

  test('withdrawn slots have alternatives, missing none; closed ones are for who may book', async ({ database }) => {
    const { clinic, doctor } = await aDoctorOf(database, { settings: { bookingHorizonDays: 3 } })
    const noon = new Date(`${dayAhead(2)}T12:00Z`)
    const wanted = await aSlot(database, doctor, { startsAt: noon, withdrawn: true })
    const near = await aSlot(database, doctor, { startsAt: new Date(noon.getTime() + hourMs) })
    const far = await aSlot(database, doctor, { startsAt: new Date(noon.getTime() + 5 * 24 * hourMs) })
    const found = await reads(database).alternatives({ ...anybody, slotId: wanted.id, units: 1, limit: 3 })
    expect(found.map((slot) => slot.id)).toEqual([near.id])
    const query = { ...anybody, byDesk: true, slotId: wanted.id, units: 1, limit: 3 }
    const byDesk = await reads(database).alternatives(query)
    expect(byDesk.map((slot) => slot.id)).toEqual([near.id, far.id])
    expect(await reads(database).alternatives({ ...anybody, slotId: newId(clinic.no), units: 1, limit: 3 })).toEqual([])
    expect(await reads(database).alternatives({ ...anybody, slotId: 'x', units: 1, limit: 3 })).toEqual([])
  })
})
