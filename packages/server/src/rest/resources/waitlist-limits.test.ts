import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type BuiltDoctor, offerAsFreed, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { CallOptions, RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

type Limit = 'address_holds_max' | 'address_bookings_max' | 'account_bookings_max' | 'contact_bookings_max'

/** A clinic with these limits, and a doctor with a slot that has many free places. */
async function aScene(database: TestDatabase, limits: Partial<Record<Limit | 'booking_horizon_days', number>> = {}) {
  const clinic = await aClinic(database)
  for (const [name, value] of Object.entries(limits)) {
    await database.ownerPool.query(`update holdfast.clinic set ${name} = $2 where no = $1`, [clinic.no, value])
  }
  const doctor = await aDoctor(database, clinic)
  return { clinic, doctor, slot: await aSlot(database, doctor, { capacity: 100 }) }
}

const wantedOf = ({ clinicId, id: doctorId }: BuiltDoctor, startsAt: Date) => {
  const day = startsAt.toISOString().slice(0, 10)
  return { clinicId, doctorId, from: day, to: day }
}

const aPatient = () => ({ name: 'Grace Hopper', email: `${randomUUID()}@example.org` })

/** Joins, and accepts the offer of a place that becomes free. */
async function joinAndAccept(
  database: TestDatabase,
  rest: RestApp,
  { doctor, slot }: Pick<Awaited<ReturnType<typeof aScene>>, 'doctor' | 'slot'>,
  options: CallOptions,
  patient = aPatient(),
) {
  const body = { ...wantedOf(doctor, slot.startsAt), patient }
  const joined = await rest.call('createWaitlistEntry', { ...options, body })
  if (joined.status !== 201) return joined.problem.code
  await offerAsFreed(database, slot)
  const mine = { path: { entryId: joined.body.id }, token: joined.body.manageToken ?? '' }
  const { offer } = (await rest.call('getWaitlistEntry', mine)).body
  const taken = { path: { bookingId: offer?.booking.id ?? '' }, token: offer?.manageToken ?? '' }
  return (await rest.call('confirmBooking', taken)).body.status
}

async function results<Result>(count: number, act: () => Promise<Result>): Promise<Result[]> {
  const found: Result[] = []
  for (let n = 0; n < count; n += 1) found.push(await act())
  return found
}

const [booked, refused] = ['CONFIRMED', 'too_many_bookings']

test('accepted offers count as an address’s bookings: waiting adds none', async ({ database, limited, rest }) => {
  const scene = await aScene(database, { address_bookings_max: 3 })
  const from = { remoteAddress: '198.51.100.1' }
  expect(await results(5, () => joinAndAccept(database, limited, scene, from))).toEqual([
    booked,
    booked,
    booked,
    refused,
    refused,
  ])
  const claim = { body: { slotId: scene.slot.id, patient: aPatient(), confirm: true } }
  expect((await limited.call('createBooking', { ...from, ...claim })).problem).toMatchObject({ code: refused, max: 3 })
  // Elsewhere, and for the clinic's people.
  expect(await joinAndAccept(database, limited, scene, { remoteAddress: '198.51.100.2' })).toBe(booked)
  const staff = await limited.aMember(scene.clinic.no, 'staff')
  const body = { ...wantedOf(scene.doctor, scene.slot.startsAt), patient: aPatient(), onBehalf: true }
  const added = (await limited.call('createWaitlistEntry', { ...from, as: staff, body })).body
  await offerAsFreed(database, scene.slot)
  expect((await limited.call('getWaitlistEntry', { as: staff, path: { entryId: added.id } })).body.status).toBe(
    'offered',
  )
  // The control: without limits.
  expect(await results(5, () => joinAndAccept(database, rest, scene, from))).toEqual(Array(5).fill(booked))
})

test('accepted offers count within the limits of an account and of a contact', async ({ database, limited }) => {
  const scene = await aScene(database, { account_bookings_max: 2, contact_bookings_max: 2 })
  const as = limited.anAccount()
  let days = 0
  // Nobody is offered a second place of a slot.
  const onAnotherDay = async () => {
    days += 1
    const startsAt = new Date(scene.slot.startsAt.getTime() + days * 86_400_000)
    return { doctor: scene.doctor, slot: await aSlot(database, scene.doctor, { startsAt }) }
  }
  let addresses = 0
  const elsewhere = () => {
    addresses += 1
    return { as, remoteAddress: `203.0.113.${addresses}` }
  }
  const asAccount = async () => joinAndAccept(database, limited, await onAnotherDay(), elsewhere())
  expect(await results(3, asAccount)).toEqual([booked, booked, refused])
  const patient = aPatient()
  const asGuest = async () =>
    joinAndAccept(database, limited, await onAnotherDay(), { remoteAddress: '198.51.100.3' }, patient)
  expect(await results(3, asGuest)).toEqual([booked, booked, refused])
})

test('open offers, open entries and holds count together', async ({ database, limited }) => {
  const { doctor, slot } = await aScene(database, { address_holds_max: 3 })
  const later = new Date(slot.startsAt.getTime() + 5 * 86_400_000)
  const from = { remoteAddress: '198.51.100.4' }
  const join = (startsAt: Date) =>
    limited.call('createWaitlistEntry', { ...from, body: { ...wantedOf(doctor, startsAt), patient: aPatient() } })
  const hold = () => limited.call('createBooking', { ...from, body: { slotId: slot.id, patient: aPatient() } })
  expect((await join(slot.startsAt)).status).toBe(201)
  await offerAsFreed(database, slot)
  expect((await join(later)).body.status).toBe('waiting')
  expect((await hold()).status).toBe(201)
  expect((await join(later)).problem).toMatchObject({ status: 409, code: refused, max: 3 })
  // Two of these three are holds.
  expect((await hold()).status).toBe(201)
  expect((await hold()).problem.code).toBe(refused)
})

test('what is beyond the booking horizon is offered to whom the clinic added', async ({ database, limited: rest }) => {
  const { clinic, doctor } = await aScene(database, { booking_horizon_days: 5 })
  const startsAt = new Date(Date.now() + 20 * 86_400_000)
  const free = await aSlot(database, doctor, { startsAt })
  const full = await aSlot(database, doctor, { startsAt: new Date(startsAt.getTime() + 3_600_000) })
  const booking = await aBooking(database, full)
  const body = { ...wantedOf(doctor, startsAt), to: wantedOf(doctor, full.startsAt).to }
  const patients = await rest.call('createWaitlistEntry', { body: { ...body, patient: aPatient() } })
  expect(patients.body.status).toBe('waiting')
  await rest.call('cancelBooking', { path: { bookingId: booking.id }, token: rest.manageTokens.issue(booking.id) })
  const mine = { path: { entryId: patients.body.id }, token: patients.body.manageToken ?? '' }
  expect((await rest.call('getWaitlistEntry', mine)).body).toMatchObject({ status: 'waiting', offer: null })
  const staff = await rest.aMember(clinic.no, 'staff')
  const added = await rest.call('createWaitlistEntry', {
    as: staff,
    body: { ...body, patient: aPatient(), onBehalf: true },
  })
  const { offer } = (await rest.call('getWaitlistEntry', { path: { entryId: added.body.id }, as: staff })).body
  expect(offer?.booking.slotId).toBe(free.id)
})
