import { aClinic, aDoctor, aSlot, offerAsFreed, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { CallOptions, RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { createConfirmationTokens } from '../../secrets/confirmation-tokens.ts'

type Joining = { name: string; email?: string; phone?: string }

const patient: Joining = { name: 'Grace Hopper', email: 'grace@example.org' }
const tokens = createConfirmationTokens(['a secret of the tests'])

/** Somebody joins the waitlist of a doctor, and a place becomes free. */
async function anOffer(
  { database, rest }: { database: TestDatabase; rest: RestApp },
  {
    as,
    confirmByLink = false,
    joining = patient,
  }: Partial<{
    as: CallOptions['as']
    confirmByLink: boolean
    joining: Joining
  }> = {},
) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  if (confirmByLink) await rest.engine.messages.changeSettings(clinic.no, { confirmByLink: true, confirmMinutes: 60 })
  const day = slot.startsAt.toISOString().slice(0, 10)
  const body = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient: joining }
  const who = as === undefined ? {} : { as }
  const joined = (await rest.call('createWaitlistEntry', { body, ...who })).body
  await offerAsFreed(database, slot)
  const entry = { path: { entryId: joined.id }, token: joined.manageToken ?? '' }
  const { offer } = (await rest.call('getWaitlistEntry', entry)).body
  const path = { bookingId: offer?.booking.id ?? '' }
  const token = { token: offer?.manageToken ?? '' }
  const confirm = async (
    sent: object = {},
    by: Pick<CallOptions, 'as' | 'token'> = as === undefined ? token : { as },
  ) => rest.call('confirmBooking', { path, body: sent, ...by })
  return { clinic, bookingId: path.bookingId, endsAt: offer?.booking.holdExpiresAt, token: token.token, confirm }
}

test('where guests confirm by a link, an offer is accepted by the link alone', async ({ database, sending: rest }) => {
  const { bookingId, endsAt, token, confirm } = await anOffer({ database, rest }, { confirmByLink: true })
  const asked = await confirm()
  expect(asked.body).toMatchObject({ status: 'PENDING', confirmationLink: { failure: null }, patient })
  // Others wait for the place.
  expect(asked.body.holdExpiresAt).toBe(endsAt)
  expect((await confirm({ confirmationToken: token })).problem.code).toBe('invalid_request')
  const done = await confirm({ confirmationToken: tokens.issue(bookingId, 'grace@example.org') })
  expect(done.body).toMatchObject({ status: 'CONFIRMED', patient })
})

test('an e-mail address that is added to an offer gets a link first', async ({ database, sending: rest }) => {
  const joining = { name: 'Grace Hopper' }
  const { bookingId, confirm } = await anOffer({ database, rest }, { confirmByLink: true, joining })
  for (const email of ['grave@example.org', 'grace@example.org']) {
    const asked = await confirm({ patient: { ...joining, email, phone: '+49 30 1234' } })
    expect(asked.body).toMatchObject({ status: 'PENDING', confirmationLink: {}, patient: { email } })
  }
  const outdated = await confirm({ confirmationToken: tokens.issue(bookingId, 'grave@example.org') })
  expect(outdated.problem.code).toBe('invalid_request')
  const done = await confirm({ confirmationToken: tokens.issue(bookingId, 'grace@example.org') })
  expect(done.body).toMatchObject({ status: 'CONFIRMED', patient })
})

test('an offer needs no link for the desk, a proven account, without an address, or without a mail server', async ({
  database,
  rest,
  sending,
}) => {
  const byLink = { confirmByLink: true }
  const atDesk = await anOffer({ database, rest: sending }, byLink)
  const staff = await sending.aMember(atDesk.clinic.no, 'staff')
  expect((await atDesk.confirm({}, { as: staff })).body.status).toBe('CONFIRMED')
  const unreachable = await anOffer({ database, rest: sending }, { ...byLink, joining: { name: 'Grace Hopper' } })
  expect((await unreachable.confirm()).body.status).toBe('CONFIRMED')
  expect((await (await anOffer({ database, rest }, byLink)).confirm()).body.status).toBe('CONFIRMED')
  expect((await (await anOffer({ database, rest: sending })).confirm()).body.status).toBe('CONFIRMED')

  const as = sending.anAccount()
  const unproven = await anOffer({ database, rest: sending }, { ...byLink, as })
  expect((await unproven.confirm()).body.status).toBe('PENDING')
  await sending.engine.bookingLinks.verify(as.id)
  expect((await unproven.confirm()).body.status).toBe('CONFIRMED')
})

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
