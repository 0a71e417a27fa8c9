import { aBooking, aDoctor, aSlot, plantFunction } from '@holdfast/testkit'
import { expect } from 'vitest'
import { freshTest, test } from '../../test/waitlist.ts'

const days = (count: number) => new Date(Date.now() + count * 86_400_000)
const patient = { name: 'Grace Hopper', phone: '+44 1632 960001' }
const other = { ...patient, phone: '+44 1632 960002' }
const spelled = { name: ' grace  hopper', phone: '01632/960001' }

test('whoever got an appointment of the doctor since joining is named with it, and nobody else', async ({
  database,
  engine,
  doctor,
  wait,
}) => {
  const joinedAt = days(-1)
  const entries = [
    await wait({ patient, joinedAt }),
    await wait({ patient: other, joinedAt }),
    await wait({ patient, specialization: 'General practice', joinedAt }),
  ]
  const ids = entries.map(({ id }) => id)
  const booked = () => engine.waitlist.bookedSince(doctor.clinicNo, ids)
  const slot = await aSlot(database, doctor, { startsAt: days(3) })
  expect(await booked()).toEqual(new Map())
  const booking = await aBooking(database, slot, { patient: spelled })
  const found = { bookingId: booking.id, startsAt: slot.startsAt }
  expect(await booked()).toEqual(new Map([ids[0], ids[2]].map((id) => [id, found])))
})

test('an appointment does not count that is older, outside the days, of another doctor, or cancelled', async ({
  database,
  engine,
  doctor,
  settle,
  wait,
}) => {
  const day = (count: number) => days(count).toISOString().slice(0, 10)
  const entry = await wait({ patient, joinedAt: days(-1), from: day(1), to: day(10) })
  const colleague = await aDoctor(database, { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' })
  await aBooking(database, await aSlot(database, doctor, { startsAt: days(3) }), { patient, createdAt: days(-2) })
  await aBooking(database, await aSlot(database, doctor, { startsAt: days(20) }), { patient })
  await aBooking(database, await aSlot(database, colleague, { startsAt: days(4) }), { patient })
  const cancelled = await aBooking(database, await aSlot(database, doctor, { startsAt: days(5) }), { patient })
  await settle(cancelled, 'cancel')
  expect(await engine.waitlist.bookedSince(doctor.clinicNo, [entry.id])).toEqual(new Map())
})

test('a completed visit counts still, a missed one does not', async ({ database, engine, doctor, wait }) => {
  const entry = await wait({ patient, joinedAt: days(-3) })
  const missed = await aSlot(database, doctor, { startsAt: days(1) })
  await aBooking(database, missed, { patient, status: 'NO_SHOW' })
  const booked = () => engine.waitlist.bookedSince(doctor.clinicNo, [entry.id])
  expect(await booked()).toEqual(new Map())
  const slot = await aSlot(database, doctor, { startsAt: days(2) })
  const { id: bookingId } = await aBooking(database, slot, { patient, status: 'COMPLETED' })
  expect(await booked()).toEqual(new Map([[entry.id, { bookingId, startsAt: slot.startsAt }]]))
})

test('no appointment counts on another weekday, time, or for fewer', async ({ database, engine, doctor, wait }) => {
  const startsAt = new Date(`${days(3).toISOString().slice(0, 10)}T09:00:00Z`)
  const weekday = startsAt.getUTCDay() || 7
  const joinedAt = days(-1)
  const fitting = [
    await wait({ patient, joinedAt, weekdays: [weekday] }),
    await wait({ patient, joinedAt, timeFrom: '09:00', timeTo: '09:01' }),
  ]
  const others = [
    await wait({ patient, joinedAt, weekdays: [(weekday % 7) + 1] }),
    await wait({ patient, joinedAt, timeFrom: '13:00', timeTo: '18:00' }),
    await wait({ patient, joinedAt, timeFrom: '08:00', timeTo: '09:00' }),
    await wait({ patient, joinedAt, units: 2 }),
  ]
  await aBooking(database, await aSlot(database, doctor, { startsAt, capacity: 3 }), { patient })
  const ids = [...fitting, ...others].map(({ id }) => id)
  const found = await engine.waitlist.bookedSince(doctor.clinicNo, ids)
  expect([...found.keys()].toSorted()).toEqual(fitting.map(({ id }) => id).toSorted())
})

freshTest('negative control: without identity_keys, a namesake counts', async ({ database, engine, doctor, wait }) => {
  await plantFunction(
    database,
    'later_visits',
    { part: 'v.keys && p.keys', becomes: 'true' },
    { part: 'v_known ?| v.keys', becomes: 'true' },
  )
  const entry = await wait({ patient, joinedAt: days(-1) })
  await aBooking(database, await aSlot(database, doctor, { startsAt: days(3) }), { patient: other })
  expect((await engine.waitlist.bookedSince(doctor.clinicNo, [entry.id])).size).toBe(1)
})
