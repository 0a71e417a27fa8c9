// Guarantee: nobody agrees to a text that they have not seen, and no appointment lacks a required consent.
import { randomUUID } from 'node:crypto'
import { aQuestion, ofKind, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aChoice, ada, aPractice } from '../../test/answering-practice.ts'
import { checkedEngine } from '../../test/checked-engine.ts'
import { engineOf } from '../../test/engine-of.ts'
import type { AnsweringPatient } from '../model/claim.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import type { SentAnswer, VisitQuestion } from '../model/visit-question.ts'
import { verify } from '../verify/verify.ts'

const hour = 3_600_000

let engine: Engine
let database: TestDatabase

checkedEngine((scene) => {
  ;({ engine, database } = scene)
})

test('are stored with what was asked, in its order, and with the time of each consent', async () => {
  const [text, choice, date] = [aQuestion('text', { labels: { de: 'Ein Text' } }), aChoice(), aQuestion('date')]
  const [consent, declined] = [aQuestion('consent', { version: 3 }), aQuestion('consent', { required: false })]
  const empty = aQuestion('text', { required: false })
  const its = await aPractice(engine, database, [text, choice, date, consent, declined, empty])
  const left = choice.choices[0]
  const before = Date.now()
  const id = await its.booked([
    { questionId: consent.id, value: true, version: 3 },
    { questionId: declined.id, value: false },
    { questionId: choice.id, value: left?.id ?? '' },
    { questionId: text.id, value: 'Penicillin' },
    { questionId: date.id, value: '2024-02-29' },
  ])
  const answers = await its.answersOf(id)
  const as = { labels: {}, required: true, version: 1 }
  expect(answers).toEqual([
    { ...as, questionId: text.id, kind: 'text', label: 'A text', labels: { de: 'Ein Text' }, value: 'Penicillin' },
    {
      ...{ ...as, questionId: choice.id, kind: 'choice', label: 'Which ear?', choices: choice.choices },
      ...{ value: left?.id, choice: { label: 'Left', labels: { de: 'Left de' } } },
    },
    { ...as, questionId: date.id, kind: 'date', label: 'A date', value: '2024-02-29' },
    {
      ...{ ...as, questionId: consent.id, kind: 'consent', label: 'A consent', version: 3, value: true },
      agreedAt: expect.any(String),
    },
    { ...as, questionId: declined.id, kind: 'consent', label: 'A consent', required: false, value: false },
    { ...as, questionId: empty.id, kind: 'text', label: 'A text', required: false },
  ])
  const agreedAt = Date.parse(answers?.[3]?.agreedAt ?? '')
  expect(Math.abs(agreedAt - before)).toBeLessThan(hour)
  expect(await engine.reads.booking(id)).toMatchObject({ patient: ada })
})

test('are judged: what is missing, does not fit, is not asked or is of an older text is refused', async () => {
  const [text, choice, date] = [aQuestion('text', { required: false }), aChoice(), aQuestion('date')]
  const consent = aQuestion('consent', { version: 2 })
  const its = await aPractice(engine, database, [text, choice, date, consent])
  const valid: SentAnswer[] = [
    { questionId: choice.id, value: choice.choices[1]?.id ?? '' },
    { questionId: date.id, value: '1980-12-24' },
    { questionId: consent.id, value: true, version: 2 },
  ]
  const but = (answer: SentAnswer) => [...valid.filter(({ questionId }) => questionId !== answer.questionId), answer]
  const without = (question: VisitQuestion) => valid.filter(({ questionId }) => questionId !== question.id)
  const unknownId = randomUUID()
  const refused = async (answers: SentAnswer[] | undefined, why: string, question: VisitQuestion | null) => {
    const questionId = question?.id ?? unknownId
    expect(await its.claim(answers)).toEqual({ kind: 'answer_refused', why, questionId, question })
  }
  await refused(undefined, 'missing', choice)
  await refused([], 'missing', choice)
  await refused(without(date), 'missing', date)
  await refused(but({ questionId: date.id, value: ' ' }), 'missing', date)
  await refused(without(consent), 'missing', consent)
  await refused(but({ questionId: consent.id, value: false }), 'missing', consent)
  await refused(but({ questionId: consent.id, value: 'true' }), 'invalid', consent)
  await refused(but({ questionId: consent.id, value: true, version: 1 }), 'outdated', consent)
  await refused(but({ questionId: consent.id, value: true }), 'outdated', consent)
  await refused(but({ questionId: choice.id, value: randomUUID() }), 'invalid', choice)
  await refused(but({ questionId: date.id, value: '2023-02-29' }), 'invalid', date)
  await refused(but({ questionId: date.id, value: '24.12.1980' }), 'invalid', date)
  await refused(but({ questionId: text.id, value: true }), 'invalid', text)
  await refused(but({ questionId: unknownId, value: 'x' }), 'unknown', null)
  // Nothing was taken.
  expect(await its.claim(valid)).toMatchObject({ kind: 'booked' })
})

test('in one batch, each claim is judged by itself', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [consent])
  const given = [{ questionId: consent.id, value: true, version: 1 }]
  const outcomes = await Promise.all([its.claim([], {}, 0), its.claim(given, {}, 30), its.claim(undefined, {}, 60)])
  expect(outcomes.map(({ kind }) => kind)).toEqual(['answer_refused', 'booked', 'answer_refused'])
})

test('the desk may skip every question but consents, and it is stored that it did', async () => {
  const [text, consent] = [aQuestion('text'), aQuestion('consent')]
  const its = await aPractice(engine, database, [text, consent])
  const actorId = randomUUID()
  expect(await its.claim([], { actorId })).toMatchObject({ kind: 'answer_refused', questionId: consent.id })
  const id = await its.booked([{ questionId: consent.id, value: true, version: 1 }], { actorId })
  const [skipped] = (await its.answersOf(id)) ?? []
  const asked = { questionId: text.id, kind: 'text', label: 'A text', labels: {}, required: true, version: 1 }
  expect(skipped).toEqual(asked)
})

test('a hold is not asked, its confirmation is, and a repeated confirmation changes nothing', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [consent])
  const id = await its.booked(undefined, { confirm: false, patient: { name: '' } })
  expect(await its.confirm(id, ada)).toMatchObject({ kind: 'answer_refused', why: 'missing', question: consent })
  expect((await engine.reads.booking(id))?.status).toBe('PENDING')
  const answers = [{ questionId: consent.id, value: true, version: 1 }]
  expect(await its.confirm(id, { ...ada, answers })).toMatchObject({ kind: 'done' })
  const stored = await its.answersOf(id)
  expect(stored).toHaveLength(1)
  expect(await its.confirm(id, { ...ada, answers })).toMatchObject({ kind: 'unchanged' })
  expect(await its.answersOf(id)).toEqual(stored)
})

test('a hold that became outdated shows the text that is to be agreed to', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [consent])
  const id = await its.booked(undefined, { confirm: false, patient: { name: '' } })
  await its.ask([{ ...consent, label: 'Another text' }])
  const agreed = (version: number) => ({ ...ada, answers: [{ questionId: consent.id, value: true, version }] })
  const outcome = ofKind(await its.confirm(id, agreed(1)), 'answer_refused')
  expect(outcome).toMatchObject({ why: 'outdated', question: { label: 'Another text', version: 2 } })
  expect(await its.confirm(id, agreed(2))).toMatchObject({ kind: 'done' })
})

test('what a hold was answered with stays when the link confirms it, also after the text has changed', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [consent])
  const answers = [{ questionId: consent.id, value: true, version: 1 }]
  const hold = await its.booked(undefined, { confirm: false, patient: { name: '' } })
  const asked = { bookingId: hold, actorId: null, key: null, reason: null, judgedVersion: null }
  const link = (patient: AnsweringPatient | null) => engine.bookingLinks.request({ ...asked, patient })
  expect(await link(ada)).toMatchObject({ kind: 'answer_refused', why: 'missing' })
  expect(await link({ ...ada, answers })).toMatchObject({ kind: 'done' })
  const stored = await its.answersOf(hold)
  // Sent again within a minute, it is the same request.
  expect(await link({ ...ada, answers })).toMatchObject({ kind: 'unchanged' })
  await its.ask([{ ...consent, label: 'Another text' }])
  expect(await its.confirm(hold, null)).toMatchObject({ kind: 'done' })
  expect(await its.answersOf(hold)).toEqual(stored)
})

test('an erasure removes them', async () => {
  const text = aQuestion('text')
  const its = await aPractice(engine, database, [text])
  const bookingId = await its.booked([{ questionId: text.id, value: 'Penicillin' }])
  await engine.settle({ bookingId, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null })
  await engine.erasures.ofBooking({ bookingId, actorId: null, key: null })
  expect(await its.answersOf(bookingId)).toBeUndefined()
  expect(await its.withdraw(bookingId, text.id)).toEqual({ kind: 'booking_erased' })
})

test('a consent is withdrawn once, by an event of the booking, whatever the state of the booking', async () => {
  const [text, consent] = [aQuestion('text'), aQuestion('consent')]
  const its = await aPractice(engine, database, [text, consent])
  const id = await its.booked([
    { questionId: text.id, value: 'x' },
    { questionId: consent.id, value: true, version: 1 },
  ])
  await engine.settle({ bookingId: id, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null })
  const actorId = randomUUID()
  const outcomes = [await its.withdraw(id, consent.id, actorId), await its.withdraw(id, consent.id)]
  expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'unchanged'])
  const [first, withdrawn] = (await its.answersOf(id)) ?? []
  expect(first).not.toHaveProperty('withdrawnAt')
  expect(withdrawn).toMatchObject({ value: true, agreedAt: expect.any(String), withdrawnAt: expect.any(String) })
  const events = await engine.reads.eventsOfBooking(id)
  const event = { type: 'consent_withdrawn', statusAfter: 'CANCELLED', actorId, version: 3 }
  expect(events.at(-1)).toMatchObject(event)
  expect(await its.withdraw(id, text.id)).toMatchObject({ kind: 'consent_missing' })
  expect(await its.withdraw(newId(its.clinic.no), consent.id)).toEqual({ kind: 'booking_missing' })
  expect((await verify(database.ownerPool, { clinicNo: its.clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('two withdrawals at once are one', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [consent])
  const id = await its.booked([{ questionId: consent.id, value: true, version: 1 }])
  const outcomes = await Promise.all([its.withdraw(id, consent.id), its.withdraw(id, consent.id)])
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'unchanged'])
})

test('no version of a question is that of two texts', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [])
  const versionOf = async (...asked: VisitQuestion[]) => {
    const outcome = await its.ask(asked)
    return outcome.kind === 'done' ? outcome.visitType.questions[0]?.version : outcome.kind
  }
  expect(await versionOf(consent)).toBe(1)
  expect(await versionOf({ ...consent, required: false })).toBe(1)
  expect(await versionOf({ ...consent, labels: { de: 'Ein Text' } })).toBe(2)
  // It is removed, and comes back.
  expect(await versionOf()).toBeUndefined()
  expect(await versionOf(consent)).toBe(3)
})

test('negative control: without the judgement, an appointment lacks its consent', async () => {
  const planted = await anotherDatabase()
  const engine = engineOf(planted)
  await plantFunction(planted, 'judged_answers', { part: "then 'missing' end", becomes: 'then null::text end' })
  const its = await aPractice(engine, planted, [aQuestion('consent')])
  expect(await its.claim([])).toMatchObject({ kind: 'booked' })
})
