import { aClinic, aDoctor, aQuestion, aSession, aVisitType } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }

test('a guest who waits for a visit is offered the time, and answers what is asked to get it', async ({
  database,
  rest,
}) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const question = aQuestion('text')
  const type = await aVisitType(database, clinic, { minutes: 60, questions: [question] })
  const session = await aSession(database, doctor, { minutes: 60 })
  const answers = [{ questionId: question.id, value: 'Fine' }]
  const startsAt = session.startsAt.toISOString()
  const visit = { sessionId: session.id, startsAt, visitTypeId: type.id }
  const ada = { name: 'Ada Lovelace', email: 'ada@example.org' }
  const first = await rest.call('createBooking', { body: { ...visit, patient: ada, answers } })
  expect(first.status).toBe(201)

  const day = startsAt.slice(0, 10)
  const wanted = { clinicId: clinic.id, doctorId: doctor.id, visitTypeId: type.id, from: day, to: day }
  const joined = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  expect(joined).toMatchObject({ status: 201, body: { visitTypeId: type.id, hasFreeTimes: false } })
  const again = await rest.call('createWaitlistEntry', { body: { ...wanted, patient } })
  expect(again.problem.code).toBe('already_waiting')
  await rest.call('cancelBooking', { path: { bookingId: first.body.id }, token: first.body.manageToken })

  const mine = { path: { entryId: joined.body.id }, token: joined.body.manageToken }
  const { offer } = (await rest.call('getWaitlistEntry', mine)).body
  expect(offer?.booking).toMatchObject({ status: 'PENDING', startsAt })
  const accepted = { path: { bookingId: offer?.booking.id ?? '' }, token: offer?.manageToken ?? null }
  expect((await rest.call('confirmBooking', accepted)).problem.code).toBe('answer_refused')
  const answered = await rest.call('confirmBooking', { ...accepted, body: { patient, answers } })
  expect(answered.body.status).toBe('CONFIRMED')
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
