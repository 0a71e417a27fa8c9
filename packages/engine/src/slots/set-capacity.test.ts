import {
  aBooking,
  aClaim,
  aSlot,
  type BuiltBooking,
  type BuiltSlot,
  checkHistory,
  endLockWaiters,
  holdSlotLock,
  lapseHolds,
  plantFunction,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { freshTest, test } from '../../test/waitlist.ts'
import type { CommittedSlot } from '../model/committed.ts'
import type { Engine } from '../model/engine.ts'

const set = (engine: Engine, { clinicNo, id: slotId }: BuiltSlot, capacity: number) =>
  engine.setCapacity({ clinicNo, slotId, capacity })

// It has a separate database: its history has more units than the slot in the end.
freshTest('a slot gets more places, and fewer, but not fewer than are taken', async ({ database, engine, doctor }) => {
  const slot = await aSlot(database, doctor, { capacity: 2 })
  await aBooking(database, slot, { status: 'CONFIRMED' })
  await aBooking(database, slot, { status: 'PENDING' })
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'slot_full' })
  expect(await set(engine, slot, 3)).toMatchObject({ kind: 'capacity_set', slot: { capacity: 3, available: 1 } })
  expect(await engine.claim(aClaim(slot, { units: 2 }))).toMatchObject({ kind: 'slot_full' })
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'booked' })
  expect(await set(engine, slot, 2)).toEqual({ kind: 'capacity_in_use', takenUnits: 3 })
  await lapseHolds(database, slot)
  expect(await set(engine, slot, 1)).toMatchObject({ kind: 'capacity_set', slot: { capacity: 1, available: 0 } })
  expect(await set(engine, slot, 1)).toMatchObject({ kind: 'capacity_set', slot: { capacity: 1 } })
  expect(await engine.claim(aClaim(slot, { units: 2 }))).toEqual({ kind: 'units_over_capacity', capacity: 1 })
  expect(await checkHistory(database, new Map([[slot.id, 3]]))).toEqual([])
  const { details } = await engine.reads.verify({ clinicNo: doctor.clinicNo, detailsMax: 10 })
  expect(details).toEqual([])
})

test('a capacity whose connection is lost while it waits is set all the same', async ({ database, engine, doctor }) => {
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const lock = await holdSlotLock(database, slot)
  const setting = set(engine, slot, 3)
  await untilLockWaiters(database, 1)
  await endLockWaiters(database)
  await lock.release()
  expect(await setting).toMatchObject({ kind: 'capacity_set', slot: { capacity: 3 } })
})

test('a capacity whose connection is lost does not replace the one that somebody else sets meanwhile', async ({
  database,
  engine,
  doctor,
}) => {
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const other = await database.ownerPool.connect()
  await other.query('begin')
  await other.query('select from holdfast.set_slot_capacity($1, $2, 7)', [slot.clinicNo, slot.id])
  const setting = set(engine, slot, 3)
  await untilLockWaiters(database, 1)
  await endLockWaiters(database)
  await other.query('commit')
  other.release()
  await expect(setting).rejects.toMatchObject({ name: 'DatabaseUnavailable', outcomeUnknown: true })
  expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 7 })
})

test('only a slot that is there and has not ended gets another capacity', async ({ database, engine, doctor }) => {
  const minutes = (ahead: number) => new Date(Date.now() + ahead * 60_000)
  const ended = await aSlot(database, doctor, { startsAt: minutes(-60), minutes: 30 })
  expect(await set(engine, ended, 3)).toEqual({ kind: 'slot_closed', why: 'ended' })
  const begun = await aSlot(database, doctor, { startsAt: minutes(-20), minutes: 30 })
  expect(await set(engine, begun, 3)).toMatchObject({ kind: 'capacity_set' })
  const slot = await aSlot(database, doctor)
  const which = { slotId: slot.id }
  await engine.withdrawSlots({ clinicNo: slot.clinicNo, which, withBookings: true, dryRun: false, actorId: null })
  expect(await set(engine, slot, 3)).toEqual({ kind: 'slot_closed', why: 'withdrawn' })
  expect(await set(engine, { ...slot, id: doctor.id }, 3)).toEqual({ kind: 'slot_missing' })
})

test('new places are offered in the transaction, and the rest is public', async ({ engine, full, wait, offerOf }) => {
  const { slot } = await full()
  const [first, second] = [await wait(), await wait({ units: 2, patient: { name: 'Katherine Johnson' } })]
  expect(await set(engine, slot, 5)).toMatchObject({ kind: 'capacity_set', slot: { capacity: 5, available: 1 } })
  expect(await offerOf(first)).toMatchObject({ status: 'PENDING', slotId: slot.id, units: 1 })
  expect(await offerOf(second)).toMatchObject({ status: 'PENDING', slotId: slot.id, units: 2 })
  expect(await set(engine, slot, 3)).toEqual({ kind: 'capacity_in_use', takenUnits: 4 })
})

/** Every way in which a place is given back. */
type Way = (scene: { engine: Engine; slot: BuiltSlot; other: BuiltSlot; booking: BuiltBooking }) => Promise<unknown>
const settled =
  (action: 'cancel'): Way =>
  ({ engine, booking }) =>
    engine.settle({ bookingId: booking.id, action, actorId: null, onBehalf: true, key: booking.id, reason: null })

describe('a place of a slot with another capacity is given back', () => {
  test.for<[string, 'CONFIRMED' | 'PENDING', Way]>([
    ['by a cancellation', 'CONFIRMED', settled('cancel')],
    ['by a cancelled hold', 'PENDING', settled('cancel')],
    [
      'by a move',
      'CONFIRMED',
      ({ engine, booking, other }) =>
        engine.move({ bookingId: booking.id, slotId: other.id, actorId: null, onBehalf: true }),
    ],
  ])('%s', async ([, status, giveBack], { database, engine, doctor, slot }) => {
    const other = await aSlot(database, doctor)
    const booking = await aBooking(database, slot, { status })
    await set(engine, slot, 4)
    const announced: CommittedSlot[] = []
    const stop = engine.onCommitted(({ slots }) => announced.push(...slots))
    await giveBack({ engine, slot, other, booking })
    stop()
    expect(announced.find(({ slotId }) => slotId === slot.id)).toMatchObject({ available: 4 })
    expect(await takenOf(database, slot)).toEqual([0])
    expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 4, available: 4 })
    expect(await engine.claim(aClaim(slot, { units: 4 }))).toMatchObject({ kind: 'booked' })
  })

  test('by a lapse that the sweep finds, or a claim', async ({ database, engine, doctor }) => {
    const slots = [await aSlot(database, doctor), await aSlot(database, doctor)] as const
    for (const slot of slots) {
      await aBooking(database, slot, { status: 'PENDING' })
      await set(engine, slot, 4)
      await lapseHolds(database, slot)
      expect(await engine.reads.slot(slot.id)).toMatchObject({ capacity: 4, available: 4 })
    }
    expect(await engine.claim(aClaim(slots[0], { units: 4 }))).toMatchObject({ kind: 'booked' })
    await database.appPool.query('select holdfast.expire_holds(100)')
    expect(await takenOf(database, slots[1])).toEqual([0])
    expect(await engine.claim(aClaim(slots[1], { units: 4 }))).toMatchObject({ kind: 'booked' })
  })

  test('by a withdrawal', async ({ database, engine, slot }) => {
    await aBooking(database, slot, { status: 'CONFIRMED' })
    await set(engine, slot, 4)
    const which = { slotId: slot.id }
    await engine.withdrawSlots({ clinicNo: slot.clinicNo, which, withBookings: true, dryRun: false, actorId: null })
    expect(await takenOf(database, slot)).toEqual([0])
  })

  test('by a block, which ends offers of new places', async ({ database, engine, doctor, full, wait }) => {
    await database.ownerPool.query(sql`insert into holdfast.busy_calendar (clinic_no, resource_id, url)
        values (${doctor.clinicNo}, ${doctor.id}, 'sealed')`)
    const { slot } = await full()
    await wait()
    await set(engine, slot, 4)
    expect(await takenOf(database, slot)).toEqual([2])
    const busy = `{[${slot.startsAt.toISOString()},${slot.endsAt.toISOString()})}`
    await database.ownerPool.query('select holdfast.set_busy_times($1, $2, $3)', [doctor.clinicNo, doctor.id, busy])
    expect(await takenOf(database, slot)).toEqual([1])
    expect(await set(engine, slot, 5)).toMatchObject({ kind: 'capacity_set' })
    expect(await takenOf(database, slot)).toEqual([1])
  })
})

describe('claims and a smaller capacity at the same time', () => {
  const race = async (database: Parameters<typeof holdSlotLock>[0], engine: Engine, slot: BuiltSlot) => {
    const lock = await holdSlotLock(database, slot)
    const claims = Promise.all([engine.claim(aClaim(slot)), engine.claim(aClaim(slot)), engine.claim(aClaim(slot))])
    await untilLockWaiters(database, 1)
    const smaller = set(engine, slot, 1).then(
      ({ kind }) => kind,
      () => 'failed',
    )
    await lock.releaseOnce(2)
    const booked = (await claims).filter(({ kind }) => kind === 'booked').length
    return { booked, smaller: await smaller }
  }

  test('the capacity is judged after those that have locked the slot', async ({ database, engine, doctor }) => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const { booked, smaller } = await race(database, engine, slot)
    expect(smaller).toBe(booked <= 1 ? 'capacity_set' : 'capacity_in_use')
    expect(await takenOf(database, slot)).toEqual([booked])
  })

  freshTest('negative control: judged too early, it fails by the constraint', async ({ database, engine, doctor }) => {
    await plantFunction(database, 'set_slot_capacity', { part: ' for update;', becomes: ';' })
    const slot = await aSlot(database, doctor, { capacity: 3 })
    expect(await race(database, engine, slot)).toEqual({ booked: 3, smaller: 'failed' })
  })
})
