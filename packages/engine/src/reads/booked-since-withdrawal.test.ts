import {
  aBooking,
  aDoctor,
  aSlot,
  type BookingOverrides,
  type BuiltDoctor,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { expect } from 'vitest'
import { freshTest, test } from '../../test/waitlist.ts'
import { withdraw } from '../../test/withdrawals.ts'
import type { Engine } from '../model/engine.ts'

const days = (count: number) => new Date(Date.now() + count * 86_400_000)
const patient = { name: 'Grace Hopper', phone: '+44 1632 960001' }
const other = { ...patient, phone: '+44 1632 960002' }
const spelled = { name: ' grace  hopper', phone: '01632/960001' }

type Scene = { database: TestDatabase; engine: Engine; doctor: BuiltDoctor }

let nextSlot = 0

/** Withdraws a slot in which these patients had been booked. @returns their bookings, and what they have got since */
async function withdrawnOf({ database, engine, doctor }: Scene, patients: BookingOverrides['patient'][]) {
  nextSlot += 1
  const startsAt = new Date(days(1).getTime() + nextSlot * 3_600_000)
  const slot = await aSlot(database, doctor, { startsAt, capacity: patients.length })
  const ids: string[] = []
  for (const one of patients) {
    ids.push((await aBooking(database, slot, { createdAt: days(-3), ...(one && { patient: one }) })).id)
  }
  await withdraw(database, slot, { withBookings: true })
  const found = await Promise.all(ids.map((id) => engine.reads.booking(id)))
  const bookings = found.filter((one) => one !== null)
  const since = (doctorId: string | null = null) =>
    engine.reads.bookedSinceWithdrawal({ clinicNo: doctor.clinicNo, bookings, doctorId })
  return { ids, since }
}

/** Two milliseconds from now: after a withdrawal whose microseconds are later than those of this time. */
const createdAt = () => new Date(Date.now() + 2)

test('whoever got an appointment of the doctor or specialization after the withdrawal has it, and nobody else', async ({
  database,
  engine,
  doctor,
}) => {
  const { ids, since } = await withdrawnOf({ database, engine, doctor }, [patient, other])
  expect(await since()).toEqual(new Map())
  const colleague = await aDoctor(database, { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' })
  const later = await aSlot(database, doctor, { startsAt: days(40) })
  const first = await aBooking(database, later, { patient: spelled, createdAt: createdAt() })
  const found = { bookingId: first.id, startsAt: later.startsAt }
  expect(await since()).toEqual(new Map([[ids[0], found]]))
  const sooner = await aSlot(database, colleague, { startsAt: days(20) })
  const second = await aBooking(database, sooner, { patient, createdAt: createdAt() })
  expect(second.id).not.toBe(first.id)
  expect(await since()).toEqual(new Map([[ids[0], found]]))
  expect(await since(doctor.id)).toEqual(new Map([[ids[0], found]]))
})

test('an appointment is for one lost booking only, on whichever page that is', async ({ database, engine, doctor }) => {
  const first = await withdrawnOf({ database, engine, doctor }, [patient])
  const second = await withdrawnOf({ database, engine, doctor }, [patient])
  const slot = await aSlot(database, doctor, { startsAt: days(3) })
  const { id } = await aBooking(database, slot, { patient: spelled, createdAt: createdAt() })
  const found = [...(await first.since()), ...(await second.since())]
  expect(found).toEqual([[second.ids[0], { bookingId: id, startsAt: slot.startsAt }]])
  const later = await aSlot(database, doctor, { startsAt: days(5) })
  const another = await aBooking(database, later, { patient, createdAt: createdAt() })
  const since = { bookingId: another.id, startsAt: later.startsAt }
  expect(await first.since()).toEqual(new Map([[first.ids[0], since]]))
  expect((await second.since()).size).toBe(1)
})

test('an appointment with both contacts is for one of two bookings lost', async ({ database, engine, doctor }) => {
  const { name, phone } = patient
  const email = 'grace@example.org'
  const byPhone = await withdrawnOf({ database, engine, doctor }, [patient])
  const byEmail = await withdrawnOf({ database, engine, doctor }, [{ name, email }])
  const slot = await aSlot(database, doctor, { startsAt: days(3) })
  const both = { patient: { name, phone, email }, createdAt: createdAt() }
  const { id } = await aBooking(database, slot, both)
  const found = [...(await byPhone.since()), ...(await byEmail.since())]
  expect(found).toEqual([[byEmail.ids[0], { bookingId: id, startsAt: slot.startsAt }]])
})

test('an appointment is for the lost booking of its doctor', async ({ database, engine, doctor }) => {
  const colleague = await aDoctor(database, { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' })
  const own = await withdrawnOf({ database, engine, doctor }, [patient])
  const other = await withdrawnOf({ database, engine, doctor: colleague }, [patient])
  const slot = await aSlot(database, doctor, { startsAt: days(3) })
  await aBooking(database, slot, { patient, createdAt: createdAt() })
  expect([(await own.since()).size, (await other.since()).size]).toEqual([1, 0])
})

test('earlier, other, missed or cancelled appointments do not count', async ({ database, engine, doctor, settle }) => {
  const { since } = await withdrawnOf({ database, engine, doctor }, [patient])
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const heart = await aDoctor(database, clinic, { specialization: 'Cardiology' })
  const at = async (of: BuiltDoctor, count: number, overrides: BookingOverrides = {}) =>
    await aBooking(database, await aSlot(database, of, { startsAt: days(count) }), {
      patient,
      createdAt: createdAt(),
      ...overrides,
    })
  await at(doctor, 3, { createdAt: days(-2) })
  await at(doctor, -1, { status: 'NO_SHOW' })
  await at(heart, 4)
  await at(doctor, 5, { status: 'PENDING' })
  await settle(await at(doctor, 6), 'cancel')
  expect(await since()).toEqual(new Map())
})

test.for(['CONFIRMED', 'ARRIVED', 'COMPLETED'] as const)(
  'an appointment counts still after it has begun: %s',
  async (status, { database, engine, doctor }) => {
    const { ids, since } = await withdrawnOf({ database, engine, doctor }, [patient])
    const begun = await aSlot(database, doctor, { startsAt: days(-1) })
    const { id } = await aBooking(database, begun, { patient, status, createdAt: createdAt() })
    expect(await since()).toEqual(new Map([[ids[0], { bookingId: id, startsAt: begun.startsAt }]]))
  },
)

test('holds without a patient are not taken for one another', async ({ database, engine, doctor }) => {
  const { since } = await withdrawnOf({ database, engine, doctor }, [{ name: '' }])
  const slot = await aSlot(database, doctor, { startsAt: days(3) })
  await aBooking(database, slot, { patient: { name: '' }, createdAt: createdAt() })
  expect(await since()).toEqual(new Map())
})

freshTest(
  'negative control: without identity_keys, an appointment of another person with the name counts',
  async ({ database, engine, doctor }) => {
    await plantFunction(
      database,
      'later_visits',
      { part: 'v.keys && p.keys', becomes: 'true' },
      { part: 'v_known ?| v.keys', becomes: 'true' },
    )
    const { ids, since } = await withdrawnOf({ database, engine, doctor }, [patient])
    const slot = await aSlot(database, doctor, { startsAt: days(3) })
    const { id } = await aBooking(database, slot, { patient: other, createdAt: createdAt() })
    expect(await since()).toEqual(new Map([[ids[0], { bookingId: id, startsAt: slot.startsAt }]]))
  },
)
