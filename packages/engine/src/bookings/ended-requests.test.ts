import { randomUUID } from 'node:crypto'
import {
  aMove,
  aPatientRecord,
  aQuestion,
  aTimeClaim,
  aVisitType,
  aWithdrawal,
  lapseHolds,
  ofKind,
  plantFunction,
  type TestDatabase,
  takenOf,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { checkedEngine } from '../../test/checked-engine.ts'
import { areBlocked, close, closing } from '../../test/closures.ts'
import { engineOf } from '../../test/engine-of.ts'
import { ada, aRequestScene, plannedOf, type RequestScene } from '../../test/requests.ts'
import { aBand, dayAfter, fillAll, hoursOf } from '../../test/working-hours.ts'
import type { Engine } from '../model/engine.ts'
import { expireHolds } from '../upkeep/expire-holds.ts'

let database: TestDatabase
let engine: Engine

checkedEngine((scene) => {
  ;({ database, engine } = scene)
})

const minuteMs = 60_000
const aScene = () => aRequestScene(database, engine)
const statusOf = async (id: string) => (await engine.reads.booking(id))?.status
const approved = [['confirmed', 3, null]]

/** Withdraws the times of the doctor from the session's start to its end. */
const withdrawDay = ({ doctor, session: { startsAt: from, endsAt: to } }: RequestScene) =>
  engine.withdrawSlots(aWithdrawal(doctor.clinicNo, { doctorId: doctor.id, from, to }, { actorId: randomUUID() }))

describe('what becomes of a request', () => {
  test('whose doctor is away: it stays, the closure names it, and it is approved only after that', async () => {
    const scene = await aScene()
    const [one, other] = [await scene.request(), await scene.request(60)]
    const { localStart, localEnd, yearly } = closing(scene.doctor, scene.session)
    const effect = await engine.closures.effect({
      clinicNo: scene.clinic.no,
      doctorId: scene.doctor.id,
      time: { localStart, localEnd, yearly },
      limit: 10,
      cursor: null,
    })
    expect(effect.bookings.items).toMatchObject(
      [one, other].map(({ id }) => ({ id, status: 'PENDING', requestedAt: expect.any(Date) })),
    )
    const { id: closureId } = await close(engine, closing(scene.doctor, scene.session))
    expect(await areBlocked(database, { id: one.slotId }, { id: other.slotId })).toEqual([true, true])
    const closed = { kind: 'slot_closed', why: 'doctor_busy' }
    expect(await scene.change(one.id, 'confirm', true)).toEqual(closed)
    // For its patient, nothing changes.
    expect(await scene.change(one.id, 'confirm', false)).toMatchObject({ kind: 'unchanged' })
    await engine.closures.remove(scene.clinic.no, closureId)
    expect(await scene.change(one.id, 'confirm', true)).toMatchObject({ booking: { status: 'CONFIRMED' } })
    expect(await plannedOf(database, one.id)).toEqual(approved)
    await close(engine, closing(scene.doctor, scene.session))
    // Nor for what was approved before.
    expect(await statusOf(one.id)).toBe('CONFIRMED')
    expect(await scene.change(other.id, 'decline', true)).toMatchObject({ kind: 'done' })
    expect(await takenOf(database, { id: one.slotId }, { id: other.slotId })).toEqual([1, 0])
    await expect(scene.hold(60)).rejects.toThrow('slot_closed')
  })

  test('whose time is withdrawn: it fails, its unit is back once, and its patient is notified once', async () => {
    const scene = await aScene()
    const { id, slotId } = await scene.request()
    expect(await withdrawDay(scene)).toMatchObject({
      kind: 'withdrawn',
      bookings: [{ id, status: 'PENDING' }],
    })
    expect(await withdrawDay(scene)).toMatchObject({ kind: 'withdrawn', bookings: [{ id }] })
    expect(await takenOf(database, { id: slotId })).toEqual([0])
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'invalid_transition' })
    for (const _ of ['first', 'again']) expect(await plannedOf(database, id)).toEqual([['withdrawn', 3, null]])
  })

  test('that had lapsed when its time was withdrawn: its patient is notified that it was not answered', async () => {
    const scene = await aScene()
    const { id, slotId } = await scene.request()
    await lapseHolds(database, { clinicNo: scene.clinic.no, id: slotId })
    expect(await withdrawDay(scene)).toMatchObject({ kind: 'withdrawn', bookings: [] })
    expect(await plannedOf(database, id)).toEqual([['request_lapsed', 3, null]])
  })

  test('whose open session is withdrawn: it stays, and is answered', async () => {
    const scene = await aScene()
    const { id } = await scene.request()
    await engine.sessions.withdraw(scene.session.id, scene.doctor.id)
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ booking: { status: 'CONFIRMED' } })
    expect(await plannedOf(database, id)).toEqual(approved)
  })

  test('whose doctor works shorter hours: it stays, and gives back its time when it is declined', async () => {
    const scene = await aScene()
    await engine.workingHours.set(hoursOf(scene.doctor, [aBand()], { validUntil: dayAfter(5) }))
    await fillAll(database, scene.doctor.id)
    const from = new Date(`${dayAfter(4)}T11:00:00Z`)
    const to = new Date(from.getTime() + 1)
    const [session] = await engine.sessions.list({ doctorId: scene.doctor.id, from, to })
    const claim = aTimeClaim({ ...scene.session, id: session?.id ?? '', startsAt: from }, scene.type, 0)
    const claimed = ofKind(await engine.claimTime({ ...claim, patient: ada, confirm: true }), 'booked')
    const { id, slotId } = claimed.booking
    await scene.change(id, 'confirm', false)
    await engine.workingHours.set(hoursOf(scene.doctor, [aBand({ to: '10:00' })], { validUntil: dayAfter(5) }))
    await fillAll(database, scene.doctor.id)
    expect(await statusOf(id)).toBe('PENDING')
    expect(await scene.change(id, 'decline', true)).toMatchObject({ kind: 'done' })
    expect(await takenOf(database, { id: slotId })).toEqual([0])
    expect(await plannedOf(database, id)).toEqual([['declined', 3, false]])
  })

  test('whose type is switched off, and needs no approval any more: its end is as before', async () => {
    const scene = await aScene()
    const { id, slotId } = await scene.request()
    const { id: typeId } = scene.type
    await database.ownerPool.query(sql`
      update holdfast.visit_type set approval = 'none', active = false where id = ${typeId}`)
    await lapseHolds(database, { clinicNo: scene.clinic.no, id: slotId })
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'hold_expired' })
    await expireHolds(database.appPool)
    expect(await takenOf(database, { id: slotId })).toEqual([0])
    await expireHolds(database.appPool)
    expect(await plannedOf(database, id)).toEqual([['request_lapsed', 3, null]])
  })

  test('whose patient is to be erased: not while it waits, and then without a trace of the patient', async () => {
    const scene = await aScene()
    const { id, slotId } = await scene.request()
    const erase = () => engine.erasures.ofBooking({ bookingId: id, actorId: randomUUID(), key: null })
    expect(await erase()).toMatchObject({ kind: 'booking_not_over' })
    expect(await statusOf(id)).toBe('PENDING')
    await scene.change(id, 'cancel', false)
    expect(await erase()).toMatchObject({ kind: 'done', booking: { patient: { name: '' }, status: 'CANCELLED' } })
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'booking_erased' })
    expect(await takenOf(database, { id: slotId })).toEqual([0])
    expect(await plannedOf(database, id)).toEqual([])
  })

  test('of a record that is merged into another: it is answered as before', async () => {
    const scene = await aScene()
    const { id } = await scene.request()
    const aRecord = async () => {
      const created = await engine.patients.create(scene.clinic.no, aPatientRecord({ name: 'Ada' }), null)
      if (created.kind !== 'done') throw new Error(created.kind)
      return created.value.id
    }
    const [keptId, mergedId] = [await aRecord(), await aRecord()]
    await engine.patients.link(id, mergedId, randomUUID())
    const versionOf = async (recordId: string) => (await engine.patients.record(recordId))?.version ?? 0
    const versions = { version: await versionOf(keptId), mergedVersion: await versionOf(mergedId) }
    const merge = { keptId, mergedId, ...versions, taken: [], actorId: randomUUID() }
    expect(await engine.patients.merge(merge)).toMatchObject({ kind: 'done' })
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ booking: { status: 'CONFIRMED' } })
    expect(await plannedOf(database, id)).toEqual(approved)
  })

  test('whose patient is corrected: it waits, its receipt goes to the new address, and it is approved', async () => {
    const scene = await aScene()
    const { id, holdExpiresAt } = await scene.request()
    const correct = (patient: object) =>
      engine.correctPatient({ bookingId: id, actorId: randomUUID(), key: randomUUID(), patient })
    const moved = { status: 'PENDING', requestedAt: expect.any(Date), holdExpiresAt }
    expect(await correct({ name: 'Ada Lovelace' })).toMatchObject({ kind: 'done', booking: moved })
    expect(await correct({ email: 'new@example.org' })).toMatchObject({ kind: 'done', booking: moved })
    expect(await plannedOf(database, id)).toEqual([
      ['requested', 2, null],
      ['requested', 4, null],
    ])
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'done', booking: { status: 'CONFIRMED' } })
  })

  test('negative control: a hold that is no request is not corrected', async () => {
    const scene = await aScene()
    const { id } = await scene.hold()
    const correction = { bookingId: id, actorId: randomUUID(), key: randomUUID(), patient: { name: 'Grace' } }
    expect(await engine.correctPatient(correction)).toMatchObject({ kind: 'invalid_transition' })
  })

  test('whose patient withdraws a consent: the clinic reads it, and decides', async () => {
    const scene = await aScene()
    const consent = aQuestion('consent')
    await database.ownerPool.query(sql`
      update holdfast.visit_type set questions = ${JSON.stringify([consent])} where id = ${scene.type.id}`)
    const answers = [{ questionId: consent.id, value: true, version: 1 }]
    const claim = aTimeClaim(scene.session, scene.type, 0, { patient: { ...ada, answers }, confirm: true })
    const claimed = ofKind(await engine.claimTime(claim), 'booked')
    const { id } = claimed.booking
    const withdraw = () =>
      engine.withdrawConsent({ bookingId: id, questionId: consent.id, actorId: null, key: randomUUID() })
    expect(await withdraw()).toMatchObject({ kind: 'invalid_transition' })
    await scene.change(id, 'confirm', false)
    const withdrawn = { status: 'PENDING', patient: { answers: [{ withdrawnAt: expect.any(String) }] } }
    expect(await withdraw()).toMatchObject({ kind: 'done', booking: withdrawn })
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'done' })
  })
})

describe('a patient does not get around the approval by a move', () => {
  type MoveOptions = { visitTypeId?: string; onBehalf?: boolean; by?: Engine }
  const move = (scene: RequestScene, bookingId: string, more: MoveOptions = {}) =>
    (more.by ?? engine).moveToTime({
      bookingId,
      sessionId: scene.session.id,
      startsAt: new Date(scene.session.startsAt.getTime() + 60 * minuteMs),
      visitTypeId: more.visitTypeId ?? null,
      actorId: randomUUID(),
      onBehalf: more.onBehalf ?? false,
      key: null,
    })

  test('from a type that needs none; the desk may', async () => {
    const scene = await aScene()
    const plain = await aVisitType(database, scene.clinic)
    const { id, slotId } = await scene.hold(0, plain)
    expect(await statusOf(id)).toBe('CONFIRMED')
    const there = { visitTypeId: scene.type.id }
    expect(await move(scene, id, there)).toEqual({ kind: 'approval_required' })
    expect(await takenOf(database, { id: slotId })).toEqual([1])
    expect(await move(scene, id, { ...there, onBehalf: true })).toMatchObject({ kind: 'done' })
    // Nobody asked for it: the desk has agreed.
    expect(await move(scene, id, there)).toEqual({ kind: 'approval_required' })
  })

  freshDatabaseTest('negative control: without that rule, the move is made', async ({ database: its }) => {
    const by = engineOf(its)
    const scene = await aRequestScene(its, by)
    const { id } = await scene.hold(0, await aVisitType(its, scene.clinic))
    await plantFunction(its, 'slot_for_move', { part: 'needs_approval(t.approval, p_on_behalf)', becomes: 'false' })
    const moved = await move(scene, id, { visitTypeId: scene.type.id, by })
    expect(moved).toMatchObject({ kind: 'done', booking: { status: 'CONFIRMED' } })
  })

  test('nor while it is only held: it becomes a request of the other type', async () => {
    const scene = await aScene()
    const plain = await aVisitType(database, scene.clinic)
    await database.ownerPool.query(sql`update holdfast.visit_type set approval = 'holding' where id = ${plain.id}`)
    const { id } = await scene.hold(0, plain)
    await database.ownerPool.query(sql`update holdfast.visit_type set approval = 'none' where id = ${plain.id}`)
    expect(await move(scene, id, { visitTypeId: scene.type.id })).toMatchObject({ booking: { status: 'PENDING' } })
    const asked = await scene.change(id, 'confirm', false)
    expect(asked).toMatchObject({ booking: { status: 'PENDING', requestedAt: expect.any(Date) } })
  })

  test('nor to a place of a group that somebody is in', async () => {
    const scene = await aScene()
    const group = await aVisitType(database, scene.clinic, { capacity: 5, approval: 'holding' })
    const { slotId } = await scene.hold(60, group)
    const plain = await aVisitType(database, scene.clinic)
    const { id } = await scene.hold(0, plain)
    expect(await move(scene, id, { visitTypeId: group.id })).toEqual({ kind: 'approval_required' })
    const bySlot = aMove(id, slotId, { onBehalf: false })
    expect(await engine.move(bySlot)).toEqual({ kind: 'slot_missing' })
    expect(await takenOf(database, { id: slotId })).toEqual([1])
  })
})
