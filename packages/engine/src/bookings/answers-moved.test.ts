// Guarantee: a move to another visit type brings no consent to a text that was not shown.
import { randomUUID } from 'node:crypto'
import { aQuestion, aSettlement, aVisitType, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aChoice, ada, aPractice } from '../../test/answering-practice.ts'
import { checkedEngine } from '../../test/checked-engine.ts'
import { engineOf } from '../../test/engine-of.ts'
import type { Engine } from '../model/engine.ts'
import type { VisitQuestion } from '../model/visit-question.ts'
import { verify } from '../verify/verify.ts'

let engine: Engine
let database: TestDatabase

checkedEngine((scene) => {
  ;({ engine, database } = scene)
})

test('a move and a correction of the patient keep them', async () => {
  const [text, consent] = [aQuestion('text'), aQuestion('consent', { required: false })]
  const its = await aPractice(engine, database, [text, consent])
  const id = await its.booked([{ questionId: text.id, value: 'Penicillin' }])
  const stored = await its.answersOf(id)
  const other = await aVisitType(database, its.clinic)
  expect(await its.moveTo(id, other.id)).toMatchObject({ kind: 'done' })
  const correction = { bookingId: id, actorId: randomUUID(), key: null, patient: { name: 'Ada Byron' } }
  expect(await engine.correctPatient(correction)).toMatchObject({ kind: 'done' })
  expect(await its.answersOf(id)).toEqual(stored)
  expect(stored).toMatchObject([{ value: 'Penicillin' }, { questionId: consent.id }])
})

test('a move to another visit type is refused if it requires what was not answered', async () => {
  const [consent, text] = [aQuestion('consent'), aQuestion('text')]
  const its = await aPractice(engine, database, [consent])
  const given = [{ questionId: consent.id, value: true, version: 1 }]
  const id = await its.booked(given)
  const another = aQuestion('consent')
  const other = await aVisitType(database, its.clinic, { questions: [another] })
  const refused = { kind: 'answer_refused', why: 'missing', question: another }
  expect(await its.moveTo(id, other.id)).toEqual({ ...refused, questionId: another.id })
  expect(await its.moveTo(id, other.id, true)).toMatchObject(refused)
  const read = await engine.reads.booking(id)
  expect(read).toMatchObject({ version: 1, visitTypeId: its.type.id })
  // The desk may skip what is no consent.
  const asking = await aVisitType(database, its.clinic, { questions: [text] })
  expect(await its.moveTo(id, asking.id)).toMatchObject({ kind: 'answer_refused', question: text })
  // Negative controls: within the type, and to a type whose consent the patient has given.
  expect(await its.moveTo(id, its.type.id)).toMatchObject({ kind: 'done' })
  expect(await its.answersOf(id)).toEqual(read?.patient.answers)
  const same = await aVisitType(database, its.clinic, { questions: [consent] })
  expect(await its.moveTo(id, same.id)).toMatchObject({ kind: 'done' })
  expect(await its.moveTo(id, asking.id, true)).toMatchObject({ kind: 'done' })
})

test('an answer counts for another visit type only if what it asks reads the same there', async () => {
  const [consent, choice] = [aQuestion('consent'), aChoice()]
  const its = await aPractice(engine, database, [consent, choice])
  const id = await its.booked([
    { questionId: consent.id, value: true, version: 1 },
    { questionId: choice.id, value: choice.choices[0]?.id ?? '' },
  ])
  const swapped = choice.choices.map((one, index) => ({ ...one, label: `${one.label} ${index}` }))
  const changes: VisitQuestion[] = [
    { ...consent, label: 'A text that nobody has seen' },
    { ...consent, labels: { de: 'Ein anderer Text' } },
    { ...choice, kind: 'text', choices: [] },
    { ...choice, choices: swapped },
  ]
  for (const changed of changes) {
    const questions = [consent, choice].map((question) => (question.id === changed.id ? changed : question))
    const other = await aVisitType(database, its.clinic, { questions })
    const refused = { kind: 'answer_refused', why: 'missing', question: changed }
    expect(await its.moveTo(id, other.id)).toMatchObject(refused)
  }
  const same = await aVisitType(database, its.clinic, { questions: [consent, choice] })
  expect(await its.moveTo(id, same.id)).toMatchObject({ kind: 'done' })
})

test('the time of a consent is not that of another text', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [consent])
  const answers = [{ questionId: consent.id, value: true, version: 1 }]
  const hold = await its.booked(answers, { confirm: false })
  const before = await its.answersOf(hold)
  // As an administrator would who has copied the type by the API, with the ids.
  await database.ownerPool.query(`update holdfast.visit_type set questions = $2::jsonb where id = $1`, [
    its.type.id,
    JSON.stringify([{ ...consent, label: 'Another text' }]),
  ])
  expect(await its.confirm(hold, { ...ada, answers })).toMatchObject({ kind: 'done' })
  const [now] = (await its.answersOf(hold)) ?? []
  expect(now?.label).toBe('Another text')
  expect(Date.parse(now?.agreedAt ?? '')).toBeGreaterThan(Date.parse(before?.[0]?.agreedAt ?? ''))
})

test('a move takes the answers that its type requires; those that are stored stay', async () => {
  const [shared, left, asked] = [aQuestion('consent'), aQuestion('text'), aQuestion('consent', { version: 2 })]
  const its = await aPractice(engine, database, [shared, left])
  const id = await its.booked([
    { questionId: shared.id, value: true, version: 1 },
    { questionId: left.id, value: 'Penicillin' },
  ])
  const [consented, told] = (await its.answersOf(id)) ?? []
  const other = await aVisitType(database, its.clinic, { questions: [asked, shared] })
  const answer = (version: number) => [{ questionId: asked.id, value: true, version }]
  expect(await its.moveTo(id, other.id)).toMatchObject({ why: 'missing', question: asked })
  expect(await its.moveTo(id, other.id, false, answer(1))).toMatchObject({ why: 'outdated', question: asked })
  const unknown = [{ questionId: left.id, value: 'x' }]
  expect(await its.moveTo(id, other.id, false, unknown)).toMatchObject({ why: 'unknown', questionId: left.id })
  expect((await its.answersOf(id))?.length).toBe(2)
  expect(await its.moveTo(id, other.id, false, answer(2))).toMatchObject({ kind: 'done' })
  const answers = await its.answersOf(id)
  expect(answers).toEqual([expect.objectContaining({ questionId: asked.id, value: true, version: 2 }), consented, told])
  expect(answers?.[0]?.agreedAt).toEqual(expect.any(String))
  expect((await verify(database.ownerPool, { clinicNo: its.clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('a consent that was withdrawn is given again with a move, at another time', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [consent])
  const answers = [{ questionId: consent.id, value: true, version: 1 }]
  const id = await its.booked(answers)
  await its.withdraw(id, consent.id)
  const [withdrawn] = (await its.answersOf(id)) ?? []
  const same = await aVisitType(database, its.clinic, { questions: [consent] })
  expect(await its.moveTo(id, same.id, false, answers)).toMatchObject({ kind: 'done' })
  const [again, ...others] = (await its.answersOf(id)) ?? []
  expect(again).not.toHaveProperty('withdrawnAt')
  expect(Date.parse(again?.agreedAt ?? '')).toBeGreaterThan(Date.parse(withdrawn?.agreedAt ?? ''))
  expect(others).toEqual([])
})

test('the state of a booking refuses a move before its answers do', async () => {
  const its = await aPractice(engine, database, [])
  const asking = await aVisitType(database, its.clinic, { questions: [aQuestion('consent')] })
  const cancelled = await its.booked()
  await engine.settle(aSettlement(cancelled, 'cancel'))
  expect(await its.moveTo(cancelled, asking.id)).toMatchObject({ kind: 'invalid_transition' })
  await engine.erasures.ofBooking({ bookingId: cancelled, actorId: null, key: null })
  expect(await its.moveTo(cancelled, asking.id)).toMatchObject({ kind: 'booking_erased' })
  const late = await its.booked(undefined, {}, 120)
  await database.ownerPool.query('update holdfast.clinic set cancellation_deadline_minutes = 100000 where no = $1', [
    its.clinic.no,
  ])
  expect(await its.moveTo(late, asking.id)).toMatchObject({ kind: 'past_deadline' })
  // The deadline does not bind the desk, which learns that a consent is missing.
  expect(await its.moveTo(late, asking.id, true)).toMatchObject({ kind: 'answer_refused', why: 'missing' })
})

test('a withdrawn consent is none for another visit type', async () => {
  const consent = aQuestion('consent')
  const its = await aPractice(engine, database, [consent])
  const id = await its.booked([{ questionId: consent.id, value: true, version: 1 }])
  await its.withdraw(id, consent.id)
  const same = await aVisitType(database, its.clinic, { questions: [consent] })
  expect(await its.moveTo(id, same.id)).toMatchObject({ kind: 'answer_refused', why: 'missing', question: consent })
  expect(await its.moveTo(id, its.type.id)).toMatchObject({ kind: 'done' })
})

test('a hold that was answered does not bring its answers to a type that asks something else', async () => {
  const [consent, another] = [aQuestion('consent'), aQuestion('consent')]
  const its = await aPractice(engine, database, [consent])
  const other = await aVisitType(database, its.clinic, { questions: [another] })
  const answered = await its.booked([{ questionId: consent.id, value: true, version: 1 }], { confirm: false })
  expect(await its.moveTo(answered, other.id)).toMatchObject({ kind: 'answer_refused', question: another })
  // One without answers is asked when it is confirmed.
  const hold = await its.booked(undefined, { confirm: false, patient: { name: '' } }, 120)
  expect(await its.moveTo(hold, other.id)).toMatchObject({ kind: 'done' })
  const former = [{ questionId: consent.id, value: true, version: 1 }]
  expect(await its.confirm(hold, { ...ada, answers: former })).toMatchObject({ kind: 'answer_refused', why: 'unknown' })
  expect(await its.confirm(hold, ada)).toMatchObject({ kind: 'answer_refused', question: another })
  const answers = [{ questionId: another.id, value: true, version: 1 }]
  expect(await its.confirm(hold, { ...ada, answers })).toMatchObject({ kind: 'done' })
})

/** What comes of it when the desk says with a move that the patient agrees. */
async function givenByDesk(engine: Engine, database: TestDatabase) {
  const consent = aQuestion('consent', { required: false })
  const its = await aPractice(engine, database, [consent])
  const same = await aVisitType(database, its.clinic, { questions: [consent] })
  const said = (value: boolean) => [{ questionId: consent.id, value, version: 1 }]
  const declined = await its.booked(said(false))
  const withdrawn = await its.booked(said(true), {}, 120)
  await its.withdraw(withdrawn, consent.id)
  const outcomes = [
    await its.moveTo(declined, same.id, true, said(true)),
    await its.moveTo(withdrawn, same.id, true, said(true)),
  ]
  return { its, same, said, declined, outcomes }
}

test('the desk gives no consent that the patient has declined or withdrawn', async () => {
  const { its, same, said, declined, outcomes } = await givenByDesk(engine, database)
  const refused = { kind: 'answer_refused', why: 'patient_only' }
  expect(outcomes).toMatchObject([refused, refused])
  expect((await its.answersOf(declined))?.[0]).not.toHaveProperty('agreedAt')
  // The control: the patient says so.
  expect(await its.moveTo(declined, same.id, false, said(true))).toMatchObject({ kind: 'done' })
  expect((await its.answersOf(declined))?.[0]).toMatchObject({ value: true, agreedAt: expect.any(String) })
})

test('negative control: if the desk were not refused, it would give them', async () => {
  const planted = await anotherDatabase()
  const engine = engineOf(planted)
  await plantFunction(planted, 'judged_answers', { part: 'k.was_declined and p_by_desk', becomes: 'false' })
  const { outcomes } = await givenByDesk(engine, planted)
  expect(outcomes.map(({ kind }) => kind)).not.toContain('answer_refused')
})

test('negative control: without the comparison, a consent to one text is one to another', async () => {
  const planted = await anotherDatabase()
  const engine = engineOf(planted)
  const consent = aQuestion('consent')
  const its = await aPractice(engine, planted, [consent])
  await plantFunction(planted, 'moved_patient', { part: 'was_asked(s, q)', becomes: "q->'id' = s->'questionId'" })
  const other = await aVisitType(planted, its.clinic, { questions: [{ ...consent, label: 'Another text' }] })
  const id = await its.booked([{ questionId: consent.id, value: true, version: 1 }], {}, 120)
  expect(await its.moveTo(id, other.id)).toMatchObject({ kind: 'done' })
})
