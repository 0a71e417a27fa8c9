import { aClinic, aDoctor, aQuestion, aSession, aVisitType, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { createConfirmationTokens } from '../../secrets/confirmation-tokens.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }
const tokens = createConfirmationTokens(['a secret of the tests'])

/** A session that a visit fills, whose type asks something. */
async function aFullSession({ database, rest }: { database: TestDatabase; rest: RestApp }) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const question = aQuestion('text')
  const type = await aVisitType(database, clinic, { minutes: 60, questions: [question] })
  const session = await aSession(database, doctor, { minutes: 60 })
  const answers = [{ questionId: question.id, value: 'Fine' }]
  const startsAt = session.startsAt.toISOString()
  const visit = { sessionId: session.id, startsAt, visitTypeId: type.id }
  const ada = { name: 'Ada Lovelace', email: 'ada@example.org' }
  const first = await rest.call('createBooking', { body: { ...visit, patient: ada, answers, confirm: true } })
  expect(first.status).toBe(201)
  const cancel = () => rest.call('cancelBooking', { path: { bookingId: first.body.id }, token: first.body.manageToken })
  const day = startsAt.slice(0, 10)
  const wanted = { clinicId: clinic.id, doctorId: doctor.id, visitTypeId: type.id, from: day, to: day }
  const joined = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  expect(joined).toMatchObject({ status: 201, body: { visitTypeId: type.id, hasFreeTimes: false } })
  const mine = { path: { entryId: joined.body.id }, token: joined.body.manageToken }
  /** How to confirm the offer. */
  const offered = async () => {
    const { offer } = (await rest.call('getWaitlistEntry', mine)).body
    expect(offer?.booking).toMatchObject({ status: 'PENDING', startsAt })
    return { path: { bookingId: offer?.booking.id ?? '' }, token: offer?.manageToken ?? null }
  }
  return { clinic, doctor, type, answers, wanted, cancel, offered }
}

test('a guest who waits for a visit is offered the time, and answers what is asked to get it', async ({
  database,
  rest,
}) => {
  const { doctor, type, answers, wanted, cancel, offered } = await aFullSession({ database, rest })
  const again = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  expect(again.problem.code).toBe('already_waiting')
  const waitingFor = async (query: { visitTypeId?: string }) =>
    (await rest.call('getDoctorWaitlist', { path: { doctorId: doctor.id }, query })).body
  expect([await waitingFor({ visitTypeId: type.id }), await waitingFor({})]).toEqual([
    { waiting: 1, waitingForSame: 1 },
    { waiting: 1, waitingForSame: 0 },
  ])
  await cancel()
  const offer = await offered()
  expect((await rest.call('confirmBooking', offer)).problem.code).toBe('answer_refused')
  const answered = await rest.call('confirmBooking', { ...offer, body: { patient, answers } })
  expect(answered.body.status).toBe('CONFIRMED')
})

test('an offered visit is accepted by the link of its mail together with the answers', async ({
  database,
  sending: rest,
}) => {
  const { clinic, answers, cancel, offered } = await aFullSession({ database, rest })
  await rest.engine.messages.changeSettings(clinic.no, { confirmByLink: true, confirmMinutes: 60 })
  await cancel()
  const offer = await offered()
  const confirmationToken = tokens.issue(offer.path.bookingId, patient.email)
  const confirm = (body: object) => rest.call('confirmBooking', { ...offer, body })
  expect((await confirm({ answers })).problem).toMatchObject({ code: 'invalid_request' })
  expect((await confirm({ confirmationToken })).problem.code).toBe('answer_refused')
  for (const _ of ['first', 'repeated']) {
    expect((await confirm({ confirmationToken, answers })).body).toMatchObject({ status: 'CONFIRMED', patient })
  }
})

test('an entry for a visit type that is not offered, or is for the desk, is refused', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const types = [
    await aVisitType(database, clinic, { active: false }),
    await aVisitType(database, clinic, { bookableBy: 'desk' }),
  ]
  for (const { id: visitTypeId } of types) {
    const body = {
      clinicId: clinic.id,
      doctorId: doctor.id,
      visitTypeId,
      from: '2027-01-01',
      to: '2027-01-02',
      patient,
    }
    const { problem } = await rest.call('createWaitlistEntry', { body })
    expect(problem).toMatchObject({ status: 400, errors: [{ path: '/visitTypeId' }] })
  }
})
