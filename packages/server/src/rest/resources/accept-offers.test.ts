import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { CallOptions, RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

type Joining = { name: string; email?: string; phone?: string }

const patient: Joining = { name: 'Grace Hopper', email: 'grace@example.org' }

/** Somebody joins the waitlist of a doctor with a free place, which is offered at once. */
async function anOffer({ database, rest }: { database: TestDatabase; rest: RestApp }) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  const day = slot.startsAt.toISOString().slice(0, 10)
  const body = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient }
  const joined = (await rest.call('createWaitlistEntry', { body })).body
  const entry = { path: { entryId: joined.id }, token: joined.manageToken ?? '' }
  const { offer } = (await rest.call('getWaitlistEntry', entry)).body
  const path = { bookingId: offer?.booking.id ?? '' }
  const token = { token: offer?.manageToken ?? '' }
  const confirm = async (sent: object, by: Pick<CallOptions, 'as' | 'token'> = token) =>
    rest.call('confirmBooking', { path, body: sent, ...by })
  return { clinic, confirm }
}

test('nobody but the desk accepts an offer for another patient than waited', async ({ database, rest }) => {
  const { clinic, confirm } = await anOffer({ database, rest })
  const refusedFor = async (sent: Joining) => {
    const { status, problem } = await confirm({ patient: sent })
    return [status, problem.code, problem.errors?.map(({ path }) => path)]
  }
  const refused = (...fields: string[]) => [422, 'offer_of_another_patient', fields.map((field) => `/patient/${field}`)]
  expect(await refusedFor({ ...patient, name: 'Ada' })).toEqual(refused('name'))
  expect(await refusedFor({ ...patient, email: 'victim@example.net' })).toEqual(refused('email'))
  expect(await refusedFor({ name: 'Ada', email: 'victim@example.net' })).toEqual(refused('name', 'email'))
  expect(await refusedFor({ name: 'Grace Hopper' })).toEqual(refused('email'))
  const staff = await rest.aMember(clinic.no, 'staff')
  const sent = { name: 'Grace B. Hopper', email: 'hopper@example.org' }
  expect((await confirm({ patient: sent }, { as: staff })).body).toMatchObject({ status: 'CONFIRMED', patient: sent })
})

test('the name and address of the entry may be sent with an offer, with what it lacks', async ({ database, rest }) => {
  const { confirm } = await anOffer({ database, rest })
  const sent = { name: 'Grace Hopper', email: 'Grace@example.org', phone: '+49 30 1234' }
  expect((await confirm({ patient: sent })).body).toMatchObject({ status: 'CONFIRMED', patient: { phone: sent.phone } })
})

test('a hold that is no offer takes any patient', async ({ database, rest }) => {
  const { id: slotId } = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const { body } = await rest.call('createBooking', { body: { slotId, patient: { name: 'Ada' } } })
  const confirmed = await rest.call('confirmBooking', {
    path: { bookingId: body.id },
    token: body.manageToken ?? '',
    body: { patient },
  })
  expect(confirmed.body).toMatchObject({ status: 'CONFIRMED', patient })
})
