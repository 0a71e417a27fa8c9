// Guarantee: answers are corrected by the questions as they were asked, and nobody overwrites what they have not read.
import { randomUUID } from 'node:crypto'
import { aQuestion, createTestDatabase, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { aChoice, ada, aPractice } from '../../test/answering-practice.ts'
import { checkedEngine } from '../../test/checked-engine.ts'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import { verify } from '../verify/verify.ts'

let engine: Engine
let database: TestDatabase

checkedEngine((scene) => {
  ;({ engine, database } = scene)
})

type Practice = Awaited<ReturnType<typeof aPractice>>

/** An appointment with a text that was answered, a choice, a date that was left empty, and a declined consent. */
async function aVisit(on = { engine, database }) {
  const [text, choice] = [aQuestion('text'), aChoice()]
  const [date, consent] = [
    aQuestion('date', { required: false }),
    aQuestion('consent', { required: false, version: 2 }),
  ]
  const its = await aPractice(on.engine, on.database, [text, choice, date, consent])
  const [left, right] = choice.choices.map(({ id }) => id)
  const id = await its.booked([
    { questionId: text.id, value: 'Penicillin' },
    { questionId: choice.id, value: left ?? '' },
    { questionId: consent.id, value: false },
  ])
  return { its, id, text, choice, date, consent, right: right ?? '' }
}

const valuesOf = async (its: Practice, id: string) => (await its.answersOf(id))?.map(({ value }) => value)

/** Sets in how many minutes the appointment begins and ends, and restores it for the checks after the test. */
async function clockOf(id: string) {
  const booking = await engine.reads.booking(id)
  if (booking === null) throw new Error(`There is no booking ${id}.`)
  const { slotId, startsAt, endsAt } = booking
  const set = (from: Date, until: Date) =>
    database.ownerPool.query(sql`
      update holdfast.slot set starts_at = ${from}, ends_at = ${until} where id = ${slotId}`)
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000)
  return {
    set: (startsIn: number, endsIn: number) => set(inMinutes(startsIn), inMinutes(endsIn)),
    restore: () => set(startsAt, endsAt),
  }
}

test('a patient corrects some of them, and the log has no value', async () => {
  const { its, id, text, date } = await aVisit()
  const corrected = await its.correct(id, [
    { questionId: text.id, value: 'None' },
    { questionId: date.id, value: '2024-02-29' },
  ])
  expect(corrected).toMatchObject({ kind: 'done', booking: { status: 'CONFIRMED', version: 2 } })
  const [first, second, third, fourth] = (await its.answersOf(id)) ?? []
  expect([first, third]).toMatchObject([{ value: 'None' }, { value: '2024-02-29' }])
  expect([second, fourth]).toMatchObject([{ choice: { label: 'Left' } }, { value: false }])
  const events = await engine.reads.eventsOfBooking(id)
  expect(events.at(-1)).toMatchObject({
    type: 'answers_corrected',
    statusAfter: 'CONFIRMED',
    actorId: null,
    version: 2,
  })
  const { rows } = await database.ownerPool.query(sql`
    select e::text as row from holdfast.booking_event e where e.booking_id = ${id}`)
  expect(JSON.stringify(rows)).not.toContain('None')
  expect((await verify(database.ownerPool, { clinicNo: its.clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('they are judged by what was asked, whatever the visit type asks now', async () => {
  const { its, id, text, choice, consent, right } = await aVisit()
  await its.ask([{ ...aChoice(), id: choice.id }, { ...consent, label: 'Another text' }, aQuestion('consent')])
  const answers = [
    { questionId: choice.id, value: right },
    { questionId: consent.id, value: true, version: 2 },
  ]
  expect(await its.correct(id, answers)).toMatchObject({ kind: 'done' })
  const [, chosen, , agreed] = (await its.answersOf(id)) ?? []
  expect(chosen).toMatchObject({ value: right, choice: { label: 'Right' } })
  expect(agreed).toMatchObject({ label: 'A consent', version: 2, value: true, agreedAt: expect.any(String) })
  const refused = async (questionId: string, value: string | boolean, why: string, more = {}) =>
    expect(await its.correct(id, [{ questionId, value, ...more }], { version: 2 })).toMatchObject({
      ...{ kind: 'answer_refused', why, questionId },
    })
  await refused(text.id, ' ', 'missing')
  await refused(choice.id, randomUUID(), 'invalid')
  await refused(randomUUID(), 'x', 'unknown')
  // A consent that was given is only withdrawn, and not given again.
  await refused(consent.id, false, 'invalid')
  expect(await its.withdraw(id, consent.id)).toMatchObject({ kind: 'done' })
  await refused(consent.id, true, 'invalid', { version: 2 })
})

test('a consent is given to the text that was shown', async () => {
  const { its, id, consent } = await aVisit()
  const agreed = (version: number) => its.correct(id, [{ questionId: consent.id, value: true, version }])
  expect(await agreed(1)).toMatchObject({ kind: 'answer_refused', why: 'outdated' })
  expect(await agreed(2)).toMatchObject({ kind: 'done' })
})

/** The desk corrects a consent that was declined into a given one; the outcome. */
function giveByDesk({ its, id, consent }: Awaited<ReturnType<typeof aVisit>>) {
  return its.correct(id, [{ questionId: consent.id, value: true, version: 2 }], { byDesk: true, actorId: randomUUID() })
}

test('the desk takes a consent back, and only the patient gives one', async () => {
  const visit = await aVisit()
  const { its, id, text, consent } = visit
  const answers = await its.answersOf(id)
  const refused = {
    kind: 'answer_refused',
    why: 'patient_only',
    questionId: consent.id,
    question: { label: 'A consent' },
  }
  expect(await giveByDesk(visit)).toMatchObject(refused)
  expect(await its.answersOf(id)).toEqual(answers)
  // Saying that it is still declined is no consent, and other answers are corrected beside it.
  const others = [
    { questionId: text.id, value: 'None' },
    { questionId: consent.id, value: false },
  ]
  expect(await its.correct(id, others, { byDesk: true })).toMatchObject({ kind: 'done' })
  // The control: the same answer of the patient gives it.
  const given = [{ questionId: consent.id, value: true, version: 2 }]
  expect(await its.correct(id, given, { version: 2 })).toMatchObject({ kind: 'done' })
  expect((await its.answersOf(id))?.[3]).toMatchObject({ value: true, agreedAt: expect.any(String) })
  expect(await giveByDesk(visit)).toMatchObject({ kind: 'unchanged' })
  expect(await its.withdraw(id, consent.id, randomUUID())).toMatchObject({ kind: 'done' })
})

test('sent again, with its key or without, it changes nothing; with a version that is outdated, neither', async () => {
  const { its, id, text } = await aVisit()
  const say = (value: string, overrides = {}) => its.correct(id, [{ questionId: text.id, value }], overrides)
  const key = randomUUID()
  expect(await say('None', { key })).toMatchObject({ kind: 'done' })
  expect(await say('None')).toMatchObject({ kind: 'unchanged', isRepeated: false })
  expect(await say('Latex')).toMatchObject({ kind: 'booking_outdated', booking: { version: 2 } })
  expect(await say('Latex', { version: 2 })).toMatchObject({ kind: 'done' })
  expect(await say('None', { key })).toMatchObject({ kind: 'unchanged', isRepeated: true })
  expect((await valuesOf(its, id))?.[0]).toBe('Latex')
})

/** Two people correct different answers of what they have read at once; the outcomes. */
async function correctAtOnce({ its, id, text, choice, right }: Awaited<ReturnType<typeof aVisit>>) {
  const outcomes = await Promise.all([
    its.correct(id, [{ questionId: text.id, value: 'None' }]),
    its.correct(id, [{ questionId: choice.id, value: right }], { byDesk: true }),
  ])
  return outcomes.map(({ kind }) => kind).toSorted()
}

test('of two corrections at once, one is told that the booking was changed', async () => {
  expect(await correctAtOnce(await aVisit())).toEqual(['booking_outdated', 'done'])
})

test('patients correct until the cut-off, and the desk until the end of the visit', async () => {
  const { its, id, text } = await aVisit()
  const say = (value: string, byDesk: boolean, version: number) =>
    its.correct(id, [{ questionId: text.id, value }], { byDesk, version })
  await database.ownerPool.query(sql`
    update holdfast.clinic set cancellation_deadline_minutes = 60 where no = ${its.clinic.no}`)
  const clock = await clockOf(id)
  await clock.set(61, 90)
  expect(await say('Late', false, 1)).toMatchObject({ kind: 'done' })
  await clock.set(59, 90)
  expect(await say('Later', false, 2)).toMatchObject({ kind: 'past_deadline' })
  expect(await say('Later', true, 2)).toMatchObject({ kind: 'done' })
  await clock.set(-20, 10)
  const arrive = { bookingId: id, action: 'arrive', actorId: null, onBehalf: true, key: null, reason: null } as const
  expect(await engine.settle(arrive)).toMatchObject({ kind: 'done' })
  expect(await say('Here', false, 4)).toMatchObject({ kind: 'invalid_transition' })
  expect(await say('Here', true, 4)).toMatchObject({ kind: 'done', booking: { status: 'ARRIVED' } })
  await clock.set(-20, -1)
  expect(await say('Over', true, 5)).toMatchObject({ kind: 'visit_over' })
  await clock.restore()
})

test('the desk may remove an answer that it may skip, and a patient answers what the desk has skipped', async () => {
  const { its, id, text } = await aVisit()
  const emptied = await its.correct(id, [{ questionId: text.id, value: '' }], { byDesk: true })
  expect(emptied).toMatchObject({ kind: 'done' })
  expect((await its.answersOf(id))?.[0]).not.toHaveProperty('value')
  expect(await its.correct(id, [{ questionId: text.id, value: 'None' }], { version: 2 })).toMatchObject({
    kind: 'done',
  })
})

test('those of a request that waits are corrected, and it waits on', async () => {
  const text = aQuestion('text')
  const its = await aPractice(engine, database, [text])
  await database.ownerPool.query(sql`update holdfast.visit_type set approval = 'holding' where id = ${its.type.id}`)
  const id = await its.booked(undefined, { confirm: false, patient: { name: '' } })
  const answers = [{ questionId: text.id, value: 'Penicillin' }]
  expect(await its.confirm(id, { ...ada, answers })).toMatchObject({ kind: 'done' })
  const before = await engine.reads.booking(id)
  expect(before).toMatchObject({ status: 'PENDING', requestedAt: expect.any(Date) })
  expect(await its.correct(id, [{ questionId: text.id, value: 'None' }], { version: 2 })).toMatchObject({
    kind: 'done',
  })
  const after = await engine.reads.booking(id)
  const { status, holdExpiresAt, requestedAt } = before ?? {}
  expect(after).toMatchObject({ status, holdExpiresAt, requestedAt, patient: { answers: [{ value: 'None' }] } })
  expect(await its.confirm(id, null, { onBehalf: true })).toMatchObject({ kind: 'done' })
  expect(await valuesOf(its, id)).toEqual(['None'])
  expect((await verify(database.ownerPool, { clinicNo: its.clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('no other booking’s are corrected', async () => {
  const { its, id, text } = await aVisit()
  const answers = [{ questionId: text.id, value: 'None' }]
  expect(await its.correct(newId(its.clinic.no), answers)).toEqual({ kind: 'booking_missing' })
  const hold = await its.booked(undefined, { confirm: false, patient: ada }, 30)
  expect(await its.correct(hold, answers)).toMatchObject({ kind: 'invalid_transition' })
  await engine.settle({ bookingId: id, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null })
  expect(await its.correct(id, answers, { version: 2, byDesk: true })).toMatchObject({ kind: 'invalid_transition' })
  await engine.erasures.ofBooking({ bookingId: id, actorId: null, key: null })
  expect(await its.correct(id, answers, { version: 3 })).toEqual({ kind: 'booking_erased' })
})

/** A visit in a database in which a function lacks a comparison. */
async function aVisitWithout(part: string, of = 'correct_answers') {
  const planted = await createTestDatabase()
  const on = {
    engine: createEngine({ batchPool: planted.appPool, generalPool: planted.appPool }),
    database: planted,
  }
  onTestFinished(async () => {
    await on.engine.stop()
    await planted.drop()
  })
  await plantFunction(planted, of, { part, becomes: 'false' })
  return aVisit(on)
}

test('negative control: without the version, both corrections at once are made', async () => {
  expect(await correctAtOnce(await aVisitWithout('v_booking.version <> p_version'))).toEqual(['done', 'done'])
})

test('negative control: without the judgement of who it is, the desk gives the consent', async () => {
  const visit = await aVisitWithout('k.was_declined and p_by_desk', 'judged_answers')
  expect(await giveByDesk(visit)).toMatchObject({ kind: 'done' })
})
