import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aSlot,
  type BuiltSlot,
  endLockWaiters,
  holdLock,
  holdSlotLock,
  plantFunction,
  takenOf,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import { expect } from 'vitest'
import { freshTest, test } from '../../test/waitlist.ts'
import type { ClaimRequest } from '../model/claim.ts'
import type { Engine } from '../model/engine.ts'

const atDesk = { confirm: true, actorId: randomUUID(), addsPlaces: true } as const
const added = (slot: BuiltSlot, overrides: Partial<ClaimRequest> = {}) => aClaim(slot, { ...atDesk, ...overrides })
const capacityOf = async (engine: Engine, slot: BuiltSlot) => (await engine.reads.slot(slot.id))?.capacity

test('the desk books in a full slot, before anybody waiting is offered it', async ({ engine, full, wait, offerOf }) => {
  const { slot } = await full()
  const entry = await wait()
  expect(await engine.claim(aClaim(slot, { confirm: true, actorId: atDesk.actorId }))).toEqual({ kind: 'slot_full' })
  expect(await engine.claim(added(slot))).toMatchObject({ kind: 'booked', booking: { slotId: slot.id } })
  expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 2, available: 0 })
  expect(await offerOf(entry)).toBeNull()
  // What is given back goes to those who wait, as any other place.
  const { booking } = (await engine.claim(added(slot, { units: 2 }))) as { booking: { id: string } }
  const cancellation = { bookingId: booking.id, action: 'cancel', actorId: null, onBehalf: true, reason: null } as const
  await engine.settle({ ...cancellation, key: randomUUID() })
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id, units: 1 })
  expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 4, available: 1 })
})

test('a slot gets only the places that are missing', async ({ database, doctor, engine }) => {
  const slot = await aSlot(database, doctor, { capacity: 3 })
  expect(await engine.claim(added(slot, { units: 2 }))).toMatchObject({ kind: 'booked' })
  expect(await capacityOf(engine, slot)).toBe(3)
  expect(await engine.claim(added(slot, { units: 2 }))).toMatchObject({ kind: 'booked' })
  expect(await capacityOf(engine, slot)).toBe(4)
  expect(await engine.claim(added(slot, { units: 5 }))).toMatchObject({ kind: 'booked' })
  expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 9, available: 0 })
})

test('what refuses a booking adds no place', async ({ database, doctor, engine, full }) => {
  const { slot } = await full()
  const video = { appointmentType: 'video' } as const
  expect(await engine.claim(added(slot, video))).toEqual({ kind: 'appointment_type_not_offered' })
  const known = { knownBy: 'clinic', patient: { name: 'Grace Hopper', email: 'grace@example.org' } } as const
  const other = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 400 * 86_400_000) })
  await engine.claim(added(other, known))
  expect(await engine.claim(added(other, known))).toMatchObject({ kind: 'patient_booked' })
  const most = { units: 1_000_000 }
  expect(await engine.claim(added(slot, most))).toMatchObject({ kind: 'units_over_capacity' })
  expect([await capacityOf(engine, slot), await capacityOf(engine, other)]).toEqual([1, 1])
  const which = { slotId: slot.id }
  await engine.withdrawSlots({ clinicNo: slot.clinicNo, which, withBookings: true, dryRun: false, actorId: null })
  expect(await engine.claim(added(slot))).toEqual({ kind: 'slot_closed', why: 'withdrawn' })
  const past = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 3_600_000), minutes: 30 })
  expect(await engine.claim(added(past))).toEqual({ kind: 'slot_closed', why: 'ended' })
  expect(await engine.claim(added({ ...slot, id: doctor.id }))).toEqual({ kind: 'slot_missing' })
})

test('several people at the desk get a place each', async ({ database, engine, full }) => {
  const { slot } = await full()
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => engine.claim(added(slot))))
  expect(outcomes.map(({ kind }) => kind)).toEqual(outcomes.map(() => 'booked'))
  expect(await takenOf(database, slot)).toEqual([9])
  expect(await capacityOf(engine, slot)).toBe(9)
})

test('what lapsed holds give back is offered to those who wait, and the desk gets another place', async ({
  database,
  engine,
  wait,
  offerOf,
  slot,
}) => {
  await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 1_000) })
  const entry = await wait()
  // More than the slot had, too.
  const outcome = await engine.claim(added(slot, { units: 2 }))
  expect(outcome).toMatchObject({ kind: 'booked', added: { capacity: 3 } })
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id, units: 1 })
  expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 3, available: 0 })
})

test('no booking is locked after the waitlist, if a second hold lapses', async ({ database, engine, doctor, wait }) => {
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const pending = { status: 'PENDING' } as const
  await aBooking(database, slot, { ...pending, holdExpiresAt: new Date(Date.now() - 1_000) })
  // Enough for the claim to get to the waitlist's lock on a busy machine.
  const endsAt = Date.now() + 3_000
  const { id } = await aBooking(database, slot, { ...pending, holdExpiresAt: new Date(endsAt) })
  await wait()
  const offering = 'select pg_advisory_xact_lock(1215261800, $1)'
  const waitlist = await holdLock(database.ownerPool, offering, [doctor.clinicNo])
  const claiming = engine.claim(added(slot))
  await untilLockWaiters(database, 1)
  await until(async () => Date.now() > endsAt, 'the second hold to lapse')
  // Another session changes that booking, and gives back what it had.
  const other = await database.ownerPool.connect()
  try {
    await other.query('begin')
    await other.query('select from holdfast.booking where id = $1 for update', [id])
    const changing = other.query(offering, [doctor.clinicNo])
    await waitlist.releaseOnce(2)
    await changing
    await other.query('commit')
  } finally {
    other.release()
  }
  expect(await claiming).toMatchObject({ kind: 'booked' })
})

test('a repetition adds nothing: also when the connection was lost', async ({ database, engine, full }) => {
  const { slot } = await full()
  const lock = await holdSlotLock(database, slot)
  const request = added(slot)
  const claiming = engine.claim(request)
  await untilLockWaiters(database, 1)
  await endLockWaiters(database)
  await lock.release()
  expect(await claiming).toMatchObject({ kind: 'booked', added: { capacity: 2 } })
  // The first try was committed, and its result lost; then a client repeats the request.
  const first = { kind: 'booked', booking: { id: request.bookingId }, added: 'unknown' }
  expect(await engine.claim(request)).toMatchObject(first)
  const { bookingId: _, ...sent } = request
  const repeated = added(slot, sent)
  expect(await engine.claim(repeated)).toMatchObject({ kind: 'replayed', booking: { id: request.bookingId } })
  expect(await engine.claim({ ...repeated, requestHash: randomUUID() })).toEqual({ kind: 'key_reused' })
  expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 2, available: 0 })
})

freshTest('negative control: without its key, a repetition adds a place', async ({ database, engine, doctor }) => {
  const part = 'k.clinic_no = p_clinic_no and k.key = p_key)'
  await plantFunction(database, 'claim_added_places', { part, becomes: 'false)' })
  const slot = await aSlot(database, doctor)
  const request = added(slot)
  await engine.claim(request)
  await engine.claim(request)
  expect(await capacityOf(engine, slot)).toBe(2)
})
