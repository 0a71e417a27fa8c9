import { randomUUID } from 'node:crypto'
import {
  aSession,
  aVisitResource,
  aWaitlistEntry,
  lapseHolds,
  ofKind,
  type TestDatabase,
  takenOf,
  type VisitTypeOverrides,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { checkedEngine } from '../../test/checked-engine.ts'
import { close, closing } from '../../test/closures.ts'
import { engineOf } from '../../test/engine-of.ts'
import { ada, aRequestScene, plannedOf, type RequestScene } from '../../test/requests.ts'
import type { Engine } from '../model/engine.ts'
import { expireHolds } from '../upkeep/expire-holds.ts'

let database: TestDatabase
let engine: Engine

checkedEngine((scene) => {
  ;({ database, engine } = scene)
})

const notHolding = { approval: 'not_holding' } as const
const aScene = (overrides: VisitTypeOverrides = {}) =>
  aRequestScene(database, engine, undefined, { ...notHolding, ...overrides })
const read = (id: string) => engine.reads.booking(id)
const approve = (scene: RequestScene, { id }: { id: string }) => scene.change(id, 'confirm', true)

async function listed({ clinic, session }: RequestScene, of = engine) {
  const day = session.startsAt.toISOString().slice(0, 10)
  const all = { status: null, confirmedOnly: false, doctorId: null, q: null, limit: 10, cursor: null }
  const { items } = await of.reads.bookingsOfClinic({
    clinicNo: clinic.no,
    from: day,
    to: day,
    requested: true,
    withTimeFree: true,
    ...all,
  })
  return Object.fromEntries(items.map(({ id, isTimeFree }) => [id, isTimeFree]))
}

/** Whether the messages about a booking count for the limits of their recipient. */
async function areCounted(bookingId: string): Promise<boolean[]> {
  const { rows } = await database.ownerPool.query<{ is: boolean }>(sql`
    select not by_clinic as is from holdfast.message where booking_id = ${bookingId}`)
  return rows.map(({ is }) => is)
}

describe('a request that holds nothing', () => {
  test('leaves its time to others, who ask for it or book it', async () => {
    const scene = await aScene()
    const first = await scene.request()
    expect(first).toMatchObject({ status: 'PENDING', units: 0, requestedAt: expect.any(Date) })
    expect(await scene.change(first.id, 'confirm', false)).toMatchObject({ kind: 'unchanged', booking: { units: 0 } })
    const second = await scene.request()
    expect(await takenOf(database, { id: first.slotId }, { id: second.slotId })).toEqual([0, 0])
    expect(await listed(scene)).toEqual({ [first.id]: true, [second.id]: true })
    await scene.bookByDesk()
    expect(await listed(scene)).toEqual({ [first.id]: false, [second.id]: false })
    expect(await plannedOf(database, first.id)).toEqual([['requested', 2, null]])
  })

  test('gets its time when it is approved, and the others hear once that it is gone', async () => {
    const scene = await aScene({ bufferAfterMinutes: 10 })
    const [first, second, before, later] = [
      await scene.request(30),
      await scene.request(30),
      await scene.request(20),
      await scene.request(90),
    ]
    const approved = ofKind(await approve(scene, second), 'done')
    expect(approved.booking).toMatchObject({ status: 'CONFIRMED', units: 1, patient: second.patient })
    expect(await takenOf(database, { id: approved.booking.slotId })).toEqual([1])
    for (const { id } of [first, before]) {
      expect(await read(id)).toMatchObject({ status: 'CANCELLED', failureReason: 'time_taken', units: 0 })
      expect(await plannedOf(database, id)).toEqual([['declined', 3, false]])
      expect(await plannedOf(database, id)).toHaveLength(1)
      expect(await areCounted(id)).toEqual([true])
      expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'invalid_transition' })
    }
    expect(await read(later.id)).toMatchObject({ status: 'PENDING' })
    expect(await plannedOf(database, second.id)).toEqual([['confirmed', 3, null]])
    expect(await areCounted(second.id)).not.toContain(true)
    expect(await approve(scene, second)).toMatchObject({ kind: 'unchanged' })
  })

  test('is refused while its time is taken, and approved once it is free again', async () => {
    const scene = await aScene()
    const { id, slotId } = await scene.request()
    const booked = await scene.bookByDesk()
    expect(await scene.change(id, 'confirm', true)).toEqual({ kind: 'slot_full' })
    expect(await read(id)).toMatchObject({ status: 'PENDING', units: 0, slotId })
    await scene.change(booked.id, 'cancel', true)
    const approved = await scene.change(id, 'confirm', true)
    expect(approved).toMatchObject({ kind: 'done', booking: { status: 'CONFIRMED', units: 1 } })
    expect(await takenOf(database, booked, { id: booked.slotId })).toEqual([Number.NaN, 0])
  })

  test('is approved as it was requested, with a reason: the clinic corrects its patient otherwise', async () => {
    const scene = await aScene()
    const { id } = await scene.request(0, 1, ada)
    const sent = { bookingId: id, action: 'confirm', actorId: randomUUID(), onBehalf: true, key: null } as const
    const patient = { ...ada, name: 'Ada King' }
    expect(await engine.settle({ ...sent, reason: null, patient })).toMatchObject({ kind: 'request_corrected' })
    expect(await read(id)).toMatchObject({ status: 'PENDING', patient: ada })
    expect(await engine.settle({ ...sent, reason: 'Check-up' })).toMatchObject({
      kind: 'done',
      booking: { patient: ada, reason: 'Check-up' },
    })
  })

  test('waits in its session, in another one with this time, but in none if there is none', async () => {
    const scene = await aScene()
    const [one, other] = [await scene.request(), await scene.request(60)]
    const { doctor, session } = scene
    await engine.sessions.withdraw(session.id, doctor.id)
    expect(await approve(scene, one)).toEqual({ kind: 'slot_closed', why: 'withdrawn' })
    expect(await listed(scene)).toEqual({ [one.id]: false, [other.id]: false })
    const again = await aSession(database, doctor, { startsAt: session.startsAt, minutes: 60 })
    expect(await approve(scene, one)).toMatchObject({ kind: 'done', booking: { sessionId: again.id } })
    expect(await approve(scene, other)).toEqual({ kind: 'slot_closed', why: 'withdrawn' })
  })

  test('is refused in a closure, and when its visit type is switched off', async () => {
    const scene = await aScene()
    const { id } = await scene.request()
    const closure = await close(engine, closing(scene.doctor, scene.session))
    expect(await scene.change(id, 'confirm', true)).toEqual({ kind: 'slot_closed', why: 'doctor_busy' })
    await engine.closures.remove(scene.clinic.no, closure.id)
    const switchTo = (active: boolean) =>
      database.ownerPool.query(sql`update holdfast.visit_type set active = ${active} where id = ${scene.type.id}`)
    await switchTo(false)
    expect(await scene.change(id, 'confirm', true)).toEqual({ kind: 'visit_type_not_offered' })
    await switchTo(true)
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'done' })
  })

  test('takes its room when it is approved, and is refused if none is free', async () => {
    const scene = await aScene()
    const room = await aVisitResource(database, scene.clinic)
    await database.ownerPool.query(sql`
      update holdfast.visit_type set needs_room = true, room_ids = ${[room.id]} where id = ${scene.type.id}`)
    const { id } = await scene.request()
    const taken = () =>
      database.ownerPool.query(sql`select booking_id from holdfast.allocation where resource_id = ${room.id}`)
    expect((await taken()).rows).toEqual([])
    const colleague = await aRequestScene(database, engine, scene.clinic, { ...notHolding, rooms: [room] })
    const booked = await colleague.bookByDesk()
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'needs_taken' })
    expect(await listed(scene)).toMatchObject({ [id]: false })
    await colleague.change(booked.id, 'cancel', true)
    expect(await scene.change(id, 'confirm', true)).toMatchObject({ kind: 'done' })
    expect((await taken()).rows).toHaveLength(1)
  })

  test('is not moved', async () => {
    const scene = await aScene()
    const { id } = await scene.request()
    const startsAt = new Date(scene.session.startsAt.getTime() + 3_600_000)
    const move = { bookingId: id, sessionId: scene.session.id, startsAt, visitTypeId: null, actorId: randomUUID() }
    expect(await engine.moveToTime({ ...move, onBehalf: true })).toMatchObject({ kind: 'approval_required' })
  })

  test('gives nothing back when it is declined, withdrawn, or not answered', async () => {
    const scene = await aScene()
    const [declined, withdrawn, lapsed] = [await scene.request(), await scene.request(), await scene.request()]
    const booked = await scene.bookByDesk()
    expect(await scene.change(declined.id, 'decline', true)).toMatchObject({ booking: { status: 'CANCELLED' } })
    expect(await scene.change(withdrawn.id, 'cancel', false)).toMatchObject({ booking: { status: 'CANCELLED' } })
    await lapseHolds(database, { clinicNo: scene.clinic.no, id: lapsed.slotId })
    expect(await scene.change(lapsed.id, 'confirm', true)).toMatchObject({ kind: 'hold_expired' })
    await expireHolds(database.appPool)
    expect(await plannedOf(database, lapsed.id)).toEqual([['request_lapsed', 3, null]])
    expect(await takenOf(database, { id: booked.slotId })).toEqual([1])
  })

  test('ends with its slot, like a hold', async () => {
    const scene = await aScene()
    const { id } = await scene.request()
    const { startsAt: from, endsAt: to } = scene.session
    const which = { doctorId: scene.doctor.id, from, to }
    const withdrawal = { clinicNo: scene.clinic.no, which, withBookings: true, dryRun: false, actorId: randomUUID() }
    expect(await engine.withdrawSlots(withdrawal)).toMatchObject({ bookings: [{ id, units: 0 }] })
    expect(await plannedOf(database, id)).toEqual([['withdrawn', 3, null]])
  })

  test('gives its unit to who waits for it', async () => {
    const scene = await aScene({ minutes: 180 })
    const waiting = { patient: { name: 'John', email: 'john@example.org' }, joinedBy: randomUUID() }
    await aWaitlistEntry(database, scene.doctor, { visitTypeId: scene.type.id, ...waiting })
    const { id, slotId } = await scene.request()
    expect(await takenOf(database, { id: slotId })).toEqual([1])
    expect(await scene.change(id, 'confirm', true)).toEqual({ kind: 'slot_full' })
  })

  test('is erased like a booking that is over', async () => {
    const scene = await aScene()
    const { id } = await scene.request()
    await scene.change(id, 'decline', true)
    const erased = await engine.erasures.ofBooking({ bookingId: id, actorId: randomUUID(), key: null, access: null })
    expect(erased).toMatchObject({ kind: 'done', booking: { patient: { name: '' }, units: 0 } })
  })
})

describe('a group', () => {
  test('ends the other requests with its last unit', async () => {
    const scene = await aScene({ capacity: 2 })
    const [first, second, third] = [await scene.request(), await scene.request(), await scene.request()]
    const one = await approve(scene, first)
    expect(await read(third.id)).toMatchObject({ status: 'PENDING' })
    const two = await approve(scene, second)
    if (one.kind !== 'done' || two.kind !== 'done') throw new Error(`${one.kind}, ${two.kind}`)
    expect(one.booking.slotId).toBe(two.booking.slotId)
    expect(await takenOf(database, { id: two.booking.slotId })).toEqual([2])
    expect(await read(third.id)).toMatchObject({ status: 'CANCELLED', failureReason: 'time_taken' })
  })

  test('is held by a request for several of its units', async () => {
    const scene = await aScene({ capacity: 3 })
    const { id, slotId, units } = await scene.request(0, 2)
    expect([units, await takenOf(database, { id: slotId })]).toEqual([2, [2]])
    const alone = await scene.request()
    expect(await approve(scene, { id })).toMatchObject({ kind: 'done', booking: { units: 2 } })
    await scene.bookByDesk()
    expect(await approve(scene, alone)).toEqual({ kind: 'slot_full' })
  })
})

freshDatabaseTest('a full group is not free, whatever holds were confirmed in it', async ({ database: its }) => {
  const itsEngine = engineOf(its)
  const scene = await aRequestScene(its, itsEngine, undefined, { ...notHolding, capacity: 2 })
  const request = await scene.request(0)
  for (let n = 0; n < 2; n += 1) await scene.change((await scene.hold(0)).id, 'confirm', true)
  const { rowCount } = await its.ownerPool.query('update holdfast.slot set next_lapse = now() where taken > 0')
  expect(rowCount).toBe(1)
  expect(await listed(scene, itsEngine)).toEqual({ [request.id]: false })
  // Negative control: a hold that has lapsed is free.
  await its.ownerPool.query(`update holdfast.booking set status = 'PENDING', hold_expires_at = now() where units > 0`)
  expect(await listed(scene, itsEngine)).toEqual({ [request.id]: true })
})

describe('verify', () => {
  freshDatabaseTest('control: reports units that no request may lose or get', async ({ database: its }) => {
    const itsEngine = engineOf(its)
    const scene = await aRequestScene(its, itsEngine, undefined, notHolding)
    const { id } = await scene.request()
    await scene.change(id, 'confirm', true)
    const units = (version: number, value: number) =>
      its.ownerPool.query(sql`
        update holdfast.booking_event set units = ${value} where booking_id = ${id} and version = ${version}`)
    const kinds = async () => {
      const { details } = await itsEngine.reads.verify({ clinicNo: scene.clinic.no, detailsMax: 10 })
      return details.map(({ kind }) => kind)
    }
    expect(await kinds()).toEqual([])
    await units(3, 0)
    expect(await kinds()).toContain('illegal_transition')
    await units(3, 2)
    expect(await kinds()).toContain('illegal_transition')
  })
})
