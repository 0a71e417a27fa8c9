import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aDoctor,
  aMove,
  aSlot,
  type BuiltSlot,
  endLockWaiters,
  holdLock,
  holdSlotLock,
  plantFunction,
  type TestDatabase,
  takenOf,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { freshTest, test } from '../../test/waitlist.ts'
import type { Committed } from '../model/committed.ts'
import type { Engine } from '../model/engine.ts'
import type { MoveRequest } from '../model/settle.ts'

const added = (booking: { id: string }, slot: { id: string }, more: Partial<MoveRequest> = {}): MoveRequest =>
  aMove(booking.id, slot.id, { actorId: randomUUID(), addsPlaces: true, ...more })
const capacityOf = async (engine: Engine, slot: BuiltSlot) => (await engine.reads.slot(slot.id))?.capacity

const block = (database: TestDatabase, { id }: BuiltSlot) =>
  database.ownerPool.query(sql`update holdfast.slot s
        set blocked_at = n.at,
            digest = holdfast.slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, null, n.at)
       from (select clock_timestamp() as at) n
      where s.id = ${id}`)

test('the desk moves into a full slot before it is offered to those who wait, who get the place that is left', async ({
  engine,
  full,
  wait,
  offerOf,
}) => {
  const [{ slot: from, booking }, { slot: to }] = [await full(), await full()]
  const entry = await wait()
  const announced: Committed[] = []
  engine.onCommitted((committed) => announced.push(committed))
  expect(await engine.move(added(booking, to, { addsPlaces: false }))).toEqual({ kind: 'slot_full' })
  const outcome = await engine.move(added(booking, to))
  expect(outcome).toMatchObject({ kind: 'done', booking: { slotId: to.id }, added: { capacity: 2 } })
  expect(announced.map(({ kind }) => kind)).toEqual(['bookings', 'directory'])
  expect(await engine.reads.slot(to.id)).toMatchObject({ capacity: 2, available: 0 })
  expect(await engine.reads.slot(from.id)).toMatchObject({ capacity: 1 })
  expect(await offerOf(entry)).toMatchObject({ slotId: from.id })
})

test('a slot gets only the places that are missing', async ({ database, doctor, engine }) => {
  const [from, to] = [await aSlot(database, doctor, { capacity: 9 }), await aSlot(database, doctor, { capacity: 3 })]
  const capacities = []
  for (const units of [2, 2, 5]) {
    const outcome = await engine.move(added(await aBooking(database, from, { units }), to))
    capacities.push(outcome.kind === 'done' && outcome.added, await capacityOf(engine, to))
  }
  expect(capacities).toEqual([undefined, 3, { capacity: 4 }, 4, { capacity: 9 }, 9])
  expect(await takenOf(database, from, to)).toEqual([0, 9])
})

test('what refuses a move adds no place', async ({ database, doctor, engine, full }) => {
  const { slot, booking: other } = await full()
  const from = await aSlot(database, doctor, { capacity: 1_000_000 })
  const booking = await aBooking(database, from)
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'Etc/UTC' }
  const video = await aSlot(database, await aDoctor(database, clinic, { appointmentTypes: ['video'] }))
  await aBooking(database, video)
  expect(await engine.move(added(booking, video))).toEqual({ kind: 'appointment_type_not_offered' })
  const most = await aBooking(database, from, { units: 999_998 })
  expect(await engine.move(added(most, slot))).toMatchObject({ kind: 'done', added: { capacity: 999_999 } })
  const two = await aBooking(database, from, { units: 2 })
  expect(await engine.move(added(two, slot))).toEqual({ kind: 'slot_full' })
  expect(await capacityOf(engine, slot)).toBe(999_999)
  const cancelled = await aBooking(database, from, { status: 'CANCELLED' })
  expect(await engine.move(added(cancelled, slot))).toMatchObject({ kind: 'invalid_transition' })

  const patient = { name: 'Grace Hopper', email: 'grace@example.org' }
  const [grace, hers] = [await aBooking(database, from, { patient }), await aSlot(database, doctor)]
  await aBooking(database, hers, { patient })
  expect(await engine.move(added(grace, hers, { knownBy: 'clinic' }))).toMatchObject({ kind: 'patient_booked' })
  const blocked = await aSlot(database, doctor)
  await aBooking(database, blocked)
  await block(database, blocked)
  expect(await engine.move(added(booking, blocked))).toEqual({ kind: 'slot_closed', why: 'doctor_busy' })
  const past = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 3_600_000), minutes: 30 })
  await aBooking(database, past)
  expect(await engine.move(added(booking, past))).toEqual({ kind: 'slot_closed', why: 'ended' })
  expect(await Promise.all([video, hers, blocked, past].map((one) => capacityOf(engine, one)))).toEqual([1, 1, 1, 1])
  expect(await engine.move(added(other, slot))).not.toHaveProperty('added')
  expect(await capacityOf(engine, slot)).toBe(999_999)
})

test('several bookings that are moved at once get a place each', async ({ database, doctor, engine, full }) => {
  const { slot } = await full()
  const from = await aSlot(database, doctor, { capacity: 8 })
  const bookings = []
  for (let n = 0; n < 8; n += 1) bookings.push(await aBooking(database, from))
  const outcomes = await Promise.all(bookings.map((booking) => engine.move(added(booking, slot))))
  expect(outcomes.map(({ kind }) => kind)).toEqual(outcomes.map(() => 'done'))
  expect(await takenOf(database, from, slot)).toEqual([0, 9])
  expect(await capacityOf(engine, slot)).toBe(9)
})

test('what lapsed holds give back is offered to those who wait, and the desk gets another place', async ({
  database,
  engine,
  doctor,
  full,
  wait,
  offerOf,
}) => {
  const { booking } = await full()
  const slot = await aSlot(database, doctor)
  await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 1_000) })
  const entry = await wait()
  expect(await engine.move(added(booking, slot))).toMatchObject({ kind: 'done', added: { capacity: 2 } })
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id, units: 1 })
  expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 2, available: 0 })
})

test('a hold that lapses while the move waits for it does not stop it', async ({ database, engine, doctor }) => {
  const [from, to] = [await aSlot(database, doctor, { capacity: 2 }), await aSlot(database, doctor)]
  const booking = await aBooking(database, from, { units: 2 })
  const hold = await aBooking(database, to, { status: 'PENDING', holdExpiresAt: new Date(Date.now() + 1_500) })
  const lock = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [booking.id])
  const moving = engine.move(added(booking, to))
  await untilLockWaiters(database, 1)
  const hasLapsed = 'select from holdfast.booking where id = $1 and hold_expires_at < clock_timestamp()'
  await until(async () => (await database.ownerPool.query(hasLapsed, [hold.id])).rowCount === 1, 'the end of the hold')
  await lock.release()
  expect(await moving).toMatchObject({ kind: 'done', added: { capacity: 2 } })
  expect(await takenOf(database, from, to)).toEqual([0, 2])
})

test('a repetition adds nothing, after a lost connection or another move', async ({ database, engine, full }) => {
  const [{ slot: from, booking }, { slot: to }] = [await full(), await full()]
  const lock = await holdSlotLock(database, to)
  const request = added(booking, to, { key: randomUUID() })
  const moving = engine.move(request)
  await untilLockWaiters(database, 1)
  await endLockWaiters(database)
  await lock.release()
  expect(await moving).toMatchObject({ kind: 'done', added: { capacity: 2 } })
  // An earlier try was committed, and its result lost.
  expect(await engine.move(request)).toMatchObject({ kind: 'unchanged', added: 'unknown' })
  expect(await engine.move(added(booking, from))).toMatchObject({ kind: 'done' })
  await aBooking(database, to)
  expect(await engine.move(request)).toMatchObject({ kind: 'unchanged', booking: { slotId: from.id } })
  expect(await engine.reads.slot(to.id)).toMatchObject({ capacity: 2, available: 0 })
})

freshTest('negative control: without its key, a repetition adds a place', async ({ database, engine, full }) => {
  const part = 'p_booking.version > 1 and is_repeated'
  await plantFunction(database, 'move_booking', { part, becomes: 'false and is_repeated' })
  const [{ slot: from, booking }, { slot: to }] = [await full(), await full()]
  const request = added(booking, to, { key: randomUUID() })
  await engine.move(request)
  await engine.move(added(booking, from))
  await aBooking(database, to)
  await engine.move(request)
  expect(await capacityOf(engine, to)).toBe(3)
})
