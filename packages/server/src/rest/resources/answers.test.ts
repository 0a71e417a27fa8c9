import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aQuestion, aSession, aVisitType, type TestDatabase } from '@holdfast/testkit'
import { lengths } from '@holdfast/vocabulary'
import Papa from 'papaparse'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Ada', email: 'ada@example.org' }

type SentAnswer = { questionId: string; value: string | boolean; version?: number }

async function aPractice(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const [allergies, consent] = [aQuestion('text', { label: 'Allergies' }), aQuestion('consent')]
  const session = await aSession(database, await aDoctor(database, clinic))
  const type = await aVisitType(database, clinic, { questions: [allergies, consent] })
  const answers: [SentAnswer, SentAnswer] = [
    { questionId: allergies.id, value: 'Penicillin' },
    { questionId: consent.id, value: true, version: 1 },
  ]
  const at = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
  const body = { ...at, patient, confirm: true, answers }
  const book = (more: object = {}, options: object = {}) =>
    rest.call('createBooking', { body: { ...body, ...more }, ...options })
  return { clinic, session, type, allergies, consent, answers, at, body, book }
}

test('a patient books with answers, reads them, and withdraws a consent once', async ({ database, rest }) => {
  const { book, allergies, consent, clinic } = await aPractice(database, rest)
  const key = randomUUID()
  const first = await book({}, { key })
  expect(first.status).toBe(201)
  expect((await book({}, { key })).body.id).toBe(first.body.id)
  const other = await book({ answers: [] }, { key })
  expect(other.problem).toMatchObject({ code: 'idempotency_key_reused' })

  const as = { path: { bookingId: first.body.id }, token: first.body.manageToken ?? '' }
  const { body: booking } = await rest.call('getBooking', as)
  expect(booking.patient).toEqual(patient)
  expect(booking.answers).toMatchObject([
    { questionId: allergies.id, label: 'Allergies', value: 'Penicillin' },
    { questionId: consent.id, value: true, agreedAt: expect.any(String) },
  ])
  const path = { ...as.path, questionId: consent.id }
  const withdrawn = await rest.call('withdrawConsent', { ...as, path })
  expect(withdrawn.body.answers?.[1]?.withdrawnAt).toBeDefined()
  expect((await rest.call('withdrawConsent', { ...as, path })).body).toEqual(withdrawn.body)
  const none = await rest.call('withdrawConsent', { ...as, path: { ...path, questionId: allergies.id } })
  expect(none.problem).toMatchObject({ status: 404, code: 'consent_not_found' })

  const staff = await rest.aMember(clinic.no, 'staff')
  const history = await rest.call('listBookingEvents', { path: as.path, as: staff })
  expect(history.body.items.map(({ event }) => event.type)).toEqual(['confirmed', 'consent_withdrawn'])
  // The log says that, and nothing of what was answered.
  expect(JSON.stringify(history.body)).not.toContain('Penicillin')
  const stranger = await rest.call('withdrawConsent', { path, as: rest.anAccount() })
  expect(stranger.problem).toMatchObject({ status: 404, code: 'booking_not_found' })
})

test('answers are corrected by the patient and the desk, which the security log has', async ({ database, rest }) => {
  const { book, allergies, clinic } = await aPractice(database, rest)
  const { id: bookingId, manageToken } = (await book()).body
  const path = { bookingId }
  const token = manageToken ?? ''
  const say = (value: string, version: number) => ({ version, answers: [{ questionId: allergies.id, value }] })
  const key = randomUUID()
  const own = { path, token, body: say('None', 1), key }
  const first = await rest.call('correctAnswers', own)
  expect(first).toMatchObject({ status: 200, body: { version: 2, answers: [{ value: 'None', required: true }, {}] } })
  expect((await rest.call('correctAnswers', own)).body).toEqual(first.body)
  const audited = () => rest.audited.filter(({ subjectId }) => subjectId === bookingId)
  expect(audited()).toEqual([])

  const staff = await rest.aMember(clinic.no, 'staff')
  const outdated = await rest.call('correctAnswers', { path, as: staff, body: say('Latex', 1) })
  expect(outdated.problem).toMatchObject({ status: 409, code: 'booking_outdated', booking: { version: 2 } })
  expect((await rest.call('correctAnswers', { path, as: staff, body: say('Latex', 2) })).status).toBe(200)
  const corrected = { kind: 'patient_corrected', details: ['answers'], actorId: staff.id, subjectId: bookingId }
  expect(audited()).toMatchObject([{ kind: 'booking_read', actorId: staff.id }, corrected])
  const history = await rest.call('listBookingEvents', { path, as: staff })
  expect(history.body.items.map(({ event }) => [event.type, event.actorId])).toEqual([
    ['confirmed', null],
    ['answers_corrected', null],
    ['answers_corrected', staff.id],
  ])
  expect(JSON.stringify(history.body)).not.toContain('Latex')

  const missing = await rest.call('correctAnswers', { path, token, body: say(' ', 3) })
  expect(missing.problem).toMatchObject({ code: 'answer_refused', why: 'missing', questionId: allergies.id })
  const { answers } = say('Latex', 3)
  const twice = { version: 3, answers: [...answers, ...answers] }
  const repeated = await rest.call('correctAnswers', { path, token, body: twice })
  expect(repeated.problem.errors).toMatchObject([{ path: '/answers/1/questionId' }])
  const stranger = await rest.call('correctAnswers', { path, as: rest.anAccount(), body: say('None', 3) })
  expect(stranger.problem).toMatchObject({ status: 404, code: 'booking_not_found' })
})

test('only the patient gives a consent that was declined, and no API key or staff', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const consent = aQuestion('consent', { required: false })
  const session = await aSession(database, await aDoctor(database, clinic))
  const type = await aVisitType(database, clinic, { questions: [consent] })
  const time = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
  const declined = [{ questionId: consent.id, value: false }]
  const booked = await rest.call('createBooking', { body: { ...time, patient, confirm: true, answers: declined } })
  const path = { bookingId: booked.body.id }
  const admin = await rest.aMember(clinic.no, 'admin')
  const key = await rest.call('createApiKey', {
    ...{ path: { clinicId: clinic.id }, as: admin },
    body: { name: 'Laboratory', scopes: ['bookings:write'] },
  })
  const give = { path, body: { version: 1, answers: [{ questionId: consent.id, value: true, version: 1 }] } }
  for (const by of [{ as: admin }, { token: key.body.key }]) {
    expect((await rest.call('correctAnswers', { ...give, ...by })).problem).toMatchObject({
      ...{ status: 409, code: 'answer_refused', why: 'patient_only', questionId: consent.id },
      detail: 'Only the patient gives the consent “A consent”: by the link or the account.',
    })
  }
  const given = await rest.call('correctAnswers', { ...give, token: booked.body.manageToken ?? '' })
  expect(given.body.answers).toMatchObject([{ value: true, agreedAt: expect.any(String) }])
  const corrected = { version: 2, answers: [{ questionId: consent.id, value: false }] }
  const invalid = await rest.call('correctAnswers', { path, as: admin, body: corrected })
  expect(invalid.problem).toMatchObject({ code: 'answer_refused', why: 'invalid', questionId: consent.id })
})

test('the desk withdraws a consent for the patient, and the history says who', async ({ database, rest }) => {
  const { book, consent, clinic } = await aPractice(database, rest)
  const { id: bookingId } = (await book()).body
  const staff = await rest.aMember(clinic.no, 'staff')
  const path = { bookingId, questionId: consent.id }
  expect((await rest.call('withdrawConsent', { path, as: staff })).status).toBe(200)
  const history = await rest.call('listBookingEvents', { path, as: staff })
  expect(history.body.items.at(-1)?.event).toMatchObject({ actorId: staff.id, statusAfter: 'CONFIRMED' })
})

test('a refusal names the question, and shows the text that has to be agreed to', async ({ database, rest }) => {
  const { book, answers, allergies, consent, at, clinic, type } = await aPractice(database, rest)
  const missing = await book({ answers: answers.slice(1) })
  expect(missing.problem).toMatchObject({
    ...{ status: 409, code: 'answer_refused', why: 'missing', questionId: allergies.id },
    detail: 'The question “Allergies” needs an answer.',
  })
  // A hold is asked when it is confirmed.
  const { body: hold } = await rest.call('createBooking', { body: at })
  const as = await rest.aMember(clinic.no, 'admin')
  const changed = [allergies, { ...consent, label: 'You may call me' }].map(({ version: _, ...question }) => question)
  const path = { clinicId: clinic.id, visitTypeId: type.id }
  expect((await rest.call('updateVisitType', { path, as, body: { questions: changed } })).status).toBe(200)
  const confirm = (sent: SentAnswer[]) =>
    rest.call('confirmBooking', {
      path: { bookingId: hold.id },
      token: hold.manageToken ?? '',
      body: { patient, answers: sent },
    })
  const { problem } = await confirm(answers)
  expect(problem).toMatchObject({ why: 'outdated', question: { id: consent.id, label: 'You may call me', version: 2 } })
  const [first, second] = answers
  expect((await confirm([first, { ...second, version: 2 }])).body).toMatchObject({ status: 'CONFIRMED' })
})

test('answers are of a visit and a patient, one for each question, with the version of a consent', async ({
  database,
  rest,
}) => {
  const { book, body, answers, at } = await aPractice(database, rest)
  const pathOf = async (sent: object) => {
    const { problem } = await rest.call('createBooking', { body: sent })
    return problem?.errors?.map(({ path }) => path)
  }
  const { patient: _, confirm: _confirm, ...withoutPatient } = body
  expect(await pathOf(withoutPatient)).toEqual(['/answers'])
  expect(await pathOf({ slotId: at.sessionId, patient, answers })).toEqual(['/answers'])
  expect(await pathOf({ ...body, answers: [...answers, answers[0]] })).toEqual(['/answers/2/questionId'])
  const { version: __, ...unread } = answers[1]
  expect(await pathOf({ ...body, answers: [answers[0], unread] })).toEqual(['/answers/1/version'])
  expect(await pathOf({ ...body, answers: [answers[0], { ...unread, value: false }] })).toBeUndefined()
  expect((await book({ visitTypeId: randomUUID() })).problem).toMatchObject({ code: 'visit_type_not_found' })
})

test('a move to another visit type takes answers, and one into a slot does not', async ({ database, rest }) => {
  const { book, at, clinic, type } = await aPractice(database, rest)
  const { id: bookingId, manageToken: token = '' } = (await book()).body
  const question = aQuestion('consent')
  const { id: visitTypeId } = await aVisitType(database, clinic, { questions: [question] })
  const move = (body: object) =>
    rest.call('rescheduleBooking', { path: { bookingId }, token: token ?? '', body: body as typeof at })
  const to = { sessionId: at.sessionId, startsAt: at.startsAt, visitTypeId }
  expect((await move(to)).problem).toMatchObject({ code: 'answer_refused', why: 'missing', questionId: question.id })
  const answers = [{ questionId: question.id, value: true, version: question.version }]
  const repeated = await move({ ...to, answers: [...answers, ...answers] })
  expect(repeated.problem.errors).toMatchObject([{ path: '/answers/1/questionId' }])
  expect((await move({ slotId: at.sessionId, answers })).problem.errors).toMatchObject([{ path: '/answers' }])
  const moved = (await move({ ...to, answers })).body
  expect(moved.visitTypeId).toBe(visitTypeId)
  expect(moved.answers?.[0]).toMatchObject({ questionId: question.id, value: true })
  expect(type.id).not.toBe(visitTypeId)
})

test('with any doctor, answers are judged as well', async ({ database, rest }) => {
  const { clinic, at, answers } = await aPractice(database, rest)
  const { sessionId: _, ...anyDoctor } = at
  const book = (sent: SentAnswer[]) =>
    rest.call('createBooking', { body: { ...anyDoctor, clinicId: clinic.id, patient, confirm: true, answers: sent } })
  expect((await book([])).problem).toMatchObject({ code: 'answer_refused' })
  expect((await book(answers)).status).toBe(201)
})

test('an administrator sets questions; each change of a text is a new version', async ({ rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'admin')
  const [consent, choices] = [randomUUID(), [randomUUID(), randomUUID()].map((id) => ({ id, label: ` ${id} ` }))]
  const questions = [
    { id: consent, kind: 'consent', label: ' You may call me ', labels: { de: 'Sie dürfen anrufen' }, required: true },
    { id: randomUUID(), kind: 'choice', label: 'Which?', choices },
  ] as const
  const path = { clinicId: clinic.id }
  const visit = { name: 'Check-up', minutes: 20 }
  const { body: created } = await rest.call('createVisitType', { path, as, body: { ...visit, questions } })
  expect(created.questions).toMatchObject([
    { id: consent, label: 'You may call me', required: true, choices: [], version: 1 },
    { kind: 'choice', required: false, labels: {}, choices: [{ label: choices[0]?.id }, {}], version: 1 },
  ])
  const change = (sent: unknown) =>
    rest.call('updateVisitType', { path: { ...path, visitTypeId: created.id }, as, body: { questions: sent } })
  const versionsAfter = async (sent: unknown) => (await change(sent)).body.questions.map(({ version }) => version)
  expect(await versionsAfter(questions)).toEqual([1, 1])
  expect(await versionsAfter([questions[1], { ...questions[0], label: 'Another text' }])).toEqual([1, 2])
  const seen = await rest.call('listVisitTypes', { path })
  expect(seen.body.items[0]?.questions).toHaveLength(2)

  const refused = async (sent: unknown) => (await change(sent)).problem?.errors?.map((error) => error.path)
  expect(await refused([questions[0], questions[0]])).toEqual(['/questions/1/id'])
  expect(await refused([{ ...questions[1], choices: choices.slice(1) }])).toEqual(['/questions/0/choices'])
  expect(await refused([{ ...questions[0], choices }])).toEqual(['/questions/0/choices'])
  expect(await refused([{ ...questions[0], label: ' ' }])).toEqual(['/questions/0'])
  const long = { id: randomUUID(), kind: 'text', label: 'x'.repeat(lengths.question + 1) }
  expect(await refused([long])).toEqual(['/questions/0/label'])
  const text = 'x'.repeat(lengths.consent)
  const many = Array.from({ length: 11 }, () => ({ id: randomUUID(), kind: 'consent', label: text }))
  expect(await refused(many)).toEqual(['/questions'])
})

test('the export has the answers', async ({ database, rest }) => {
  const { book, clinic, session } = await aPractice(database, rest)
  await book()
  const as = await rest.aMember(clinic.no, 'staff')
  const day = session.startsAt.toISOString().slice(0, 10)
  const query = { from: day, to: day }
  const { body } = await rest.call('exportClinicBookings', { path: { clinicId: clinic.id }, as, query })
  const { data } = Papa.parse<Record<string, string>>(body.trimEnd(), { header: true })
  expect(data[0]?.answers).toMatch(/^Allergies: Penicillin\nA consent: true, 20\d\d-/)
})
