// Rest: each change of attendance, in each state
import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  ageBooking,
  aSlot,
  type BookingOverrides,
  type BuiltBooking,
  type BuiltSlot,
  checkHistory,
  createTestDatabase,
  holdLock,
  lapseHolds,
  ofKind,
  plantFunction,
  shiftSlot,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import { agedDatabaseTest, test } from '@holdfast/testkit/database-test'
import { afterEach, describe, expect } from 'vitest'
import { checkedEngine, faultsOf } from '../../test/checked-engine.ts'
import { createEngine } from '../create-engine.ts'
import type { AttendanceRequest } from '../model/attendance.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import type { SettleAction } from '../model/settle.ts'

let database: TestDatabase
let engine: Engine

checkedEngine((scene) => {
  ;({ database, engine } = scene)
})

async function aVisit(overrides: BookingOverrides = {}) {
  const doctor = await aDoctor(database, await aClinic(database))
  const [slot, other] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  return { slot, other, booking: await aBooking(database, slot, overrides) }
}

type Of = { slot: Pick<BuiltSlot, 'id'>; booking: Pick<BuiltBooking, 'id'> }

const attend = ({ slot, booking }: Of, overrides: Partial<AttendanceRequest> = {}, by = engine) =>
  by.confirmAttendance({ bookingId: booking.id, slotId: slot.id, actorId: null, key: null, ...overrides })

const withdraw = ({ slot, booking }: Of, overrides: Partial<AttendanceRequest> = {}, by = engine) =>
  by.withdrawAttendance({ bookingId: booking.id, slotId: slot.id, actorId: null, key: null, ...overrides })

const settle = ({ booking: { id: bookingId } }: Of, action: SettleAction) =>
  engine.settle({ bookingId, action, actorId: randomUUID(), onBehalf: true, key: null, reason: null })

const move = ({ booking: { id: bookingId } }: Of, slot: { id: string }, by = engine) =>
  by.move({ bookingId, slotId: slot.id, actorId: null, onBehalf: true })

const attendedAt = async ({ booking }: Of) => (await engine.reads.booking(booking.id))?.attendanceConfirmedAt

const lockOf = ({ booking }: Of) =>
  holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [booking.id])

test('a patient confirms to come: with its time, an event, and as many units taken as before', async () => {
  const visit = await aVisit()
  const actorId = randomUUID()
  const outcome = ofKind(await attend(visit, { actorId }), 'done')
  expect(outcome.booking).toMatchObject({ status: 'CONFIRMED', version: 3 })
  expect(outcome.booking.attendanceConfirmedAt).toEqual(outcome.booking.updatedAt)
  expect(await takenOf(database, visit.slot)).toEqual([1])
  const events = await engine.reads.eventsOfBooking(visit.booking.id)
  expect(events.at(-1)).toMatchObject({ type: 'attendance_confirmed', version: 3, statusAfter: null, actorId })
})

test('said again, with or without a key, by two at once: once in the log, at the first time', async () => {
  const visit = await aVisit()
  const key = randomUUID()
  const first = await attend(visit, { key })
  const again = await attend(visit, { key })
  expect([first.kind, again.kind, (await attend(visit)).kind]).toEqual(['done', 'unchanged', 'unchanged'])
  expect('position' in again && again.position).toBe('position' in first && first.position)
  expect(again).toMatchObject({ booking: 'booking' in first ? first.booking : null })

  const other = await aVisit()
  const outcomes = await Promise.all([attend(other), attend(other), attend(other)])
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'unchanged', 'unchanged'])
})

describe('refused, and nothing is written', () => {
  test.for([
    ['PENDING', 'invalid_transition'],
    ['CANCELLED', 'invalid_transition'],
    ['slot_withdrawn', 'invalid_transition'],
    ['hold_expired', 'hold_expired'],
    ['ARRIVED', 'invalid_transition'],
    ['NO_SHOW', 'invalid_transition'],
    ['COMPLETED', 'invalid_transition'],
  ] as const)('%s: %s', async ([status, kind]) => {
    const visit = await aVisit({ status })
    expect((await attend(visit)).kind).toBe(kind)
    const booking = await engine.reads.booking(visit.booking.id)
    expect([booking?.version, booking?.attendanceConfirmedAt]).toEqual([visit.booking.version, null])
  })

  test('a hold that has lapsed, and was not swept', async () => {
    const visit = await aVisit({ status: 'PENDING' })
    await lapseHolds(database, visit.slot)
    expect((await attend(visit)).kind).toBe('hold_expired')
  })

  test('a visit that has begun; what was said before it began stays said', async () => {
    const [late, said] = [await aVisit(), await aVisit()]
    await attend(said)
    for (const visit of [late, said]) await shiftSlot(database, visit.slot, -30 * 1440)
    expect([(await attend(late)).kind, (await attend(said)).kind]).toEqual(['visit_begun', 'unchanged'])
  })

  test('an erased patient, and a booking that does not exist', async () => {
    const visit = await aVisit({ status: 'CANCELLED' })
    await engine.erasures.ofBooking({ bookingId: visit.booking.id, actorId: null, key: null })
    expect((await attend(visit)).kind).toBe('booking_erased')
    expect((await attend({ ...visit, booking: { id: newId(visit.slot.clinicNo) } })).kind).toBe('booking_missing')
    expect((await attend({ ...visit, booking: { id: 'nonsense' } })).kind).toBe('booking_missing')
  })
})

describe('a move takes it back', () => {
  test('and it can be said of the new time, and of the first one again', async () => {
    const visit = await aVisit()
    const { slot, other } = visit
    await attend(visit)
    expect(await move(visit, other)).toMatchObject({ kind: 'done', booking: { attendanceConfirmedAt: null } })
    expect(await attend(visit)).toMatchObject({ kind: 'booking_moved', booking: { slotId: other.id } })
    expect((await attend({ ...visit, slot: other })).kind).toBe('done')
    await move(visit, slot)
    expect(await attendedAt(visit)).toBeNull()
    expect((await attend(visit)).kind).toBe('done')
  })

  test('a repetition whose first result was lost does not say it of the new time', async () => {
    const visit = await aVisit()
    const key = randomUUID()
    await attend(visit, { key })
    await move(visit, visit.other)
    await move(visit, visit.slot)
    expect(await attend(visit, { key })).toMatchObject({ kind: 'unchanged', booking: { attendanceConfirmedAt: null } })
  })

  test.for(['move', 'attend'] as const)('both at once, %s first: it is never said of the other time', async (first) => {
    const visit = await aVisit()
    const lock = await lockOf(visit)
    const writes = { move: () => move(visit, visit.other), attend: () => attend(visit) }
    const moving = first === 'move' ? writes.move() : undefined
    const attending = first === 'attend' ? writes.attend() : undefined
    await untilLockWaiters(database, 1)
    const both = [moving ?? writes.move(), attending ?? writes.attend()]
    await lock.releaseOnce(2)
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual([
      'done',
      first === 'move' ? 'booking_moved' : 'done',
    ])
    expect(await engine.reads.booking(visit.booking.id)).toMatchObject({
      slotId: visit.other.id,
      attendanceConfirmedAt: null,
    })
  })
})

describe('the clinic undoes it', () => {
  test('with an event that names who did, as many units taken as before, and it can be said again', async () => {
    const visit = await aVisit()
    const actorId = randomUUID()
    await attend(visit)
    expect(await withdraw(visit, { actorId })).toMatchObject({
      kind: 'done',
      booking: { status: 'CONFIRMED', version: 4, attendanceConfirmedAt: null },
    })
    expect(await takenOf(database, visit.slot)).toEqual([1])
    const events = await engine.reads.eventsOfBooking(visit.booking.id)
    expect(events.at(-1)).toMatchObject({ type: 'attendance_withdrawn', version: 4, statusAfter: null, actorId })
    expect((await attend(visit)).kind).toBe('done')
    expect(await attendedAt(visit)).toBeInstanceOf(Date)
  })

  test('a repetition by its key undoes nothing that was said since, nor says again what was undone', async () => {
    const visit = await aVisit()
    const [saying, undoing] = [randomUUID(), randomUUID()]
    await attend(visit, { key: saying })
    await withdraw(visit, { key: undoing })
    expect((await attend(visit, { key: saying })).kind).toBe('unchanged')
    expect(await attendedAt(visit)).toBeNull()
    await attend(visit)
    expect((await withdraw(visit, { key: undoing })).kind).toBe('unchanged')
    expect(await attendedAt(visit)).toBeInstanceOf(Date)
  })

  test('what was so already, and is said again after the clinic undid it, is one change then', async () => {
    const visit = await aVisit()
    const key = randomUUID()
    await attend(visit)
    expect((await attend(visit, { key })).kind).toBe('unchanged')
    await withdraw(visit)
    const kinds = [(await attend(visit, { key })).kind, (await attend(visit, { key })).kind]
    expect(kinds).toEqual(['done', 'unchanged'])
    await withdraw(visit)
    expect((await attend(visit, { key })).kind).toBe('unchanged')
    expect(await attendedAt(visit)).toBeNull()
  })

  test('two at once: once in the log; of what was never said, not at all', async () => {
    const [said, unsaid] = [await aVisit(), await aVisit()]
    await attend(said)
    const outcomes = await Promise.all([withdraw(said), withdraw(said)])
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'unchanged'])
    expect(await withdraw(unsaid)).toMatchObject({ kind: 'unchanged', booking: { version: unsaid.booking.version } })
  })

  test('not of another slot, once the visit has begun, or of a booking that is over', async () => {
    const [moved, begun, cancelled] = [await aVisit(), await aVisit(), await aVisit()]
    for (const visit of [moved, begun, cancelled]) await attend(visit)
    await move(moved, moved.other)
    await attend({ ...moved, slot: moved.other })
    await shiftSlot(database, begun.slot, -30 * 1440)
    await settle(cancelled, 'cancel')
    const kinds = [await withdraw(moved), await withdraw(begun), await withdraw(cancelled)].map(({ kind }) => kind)
    expect(kinds).toEqual(['booking_moved', 'visit_begun', 'invalid_transition'])
    for (const visit of [moved, begun, cancelled]) expect(await attendedAt(visit)).toBeInstanceOf(Date)
  })
})

describe('nothing else takes it back', () => {
  test('marks and their undoing', async () => {
    const visit = await aVisit()
    await attend(visit)
    const said = await attendedAt(visit)
    expect(said).toBeInstanceOf(Date)
    await shiftSlot(database, visit.slot, -30 * 1440)
    for (const action of ['arrive', 'complete', 'reopen', 'reopen', 'no_show', 'reopen'] as const) {
      expect([action, (await settle(visit, action)).kind, await attendedAt(visit)]).toEqual([action, 'done', said])
    }
  })

  test('a cancellation, a withdrawal, a link to an account, and an erasure', async () => {
    const [cancelled, withdrawn] = [await aVisit(), await aVisit()]
    for (const visit of [cancelled, withdrawn]) {
      await attend(visit)
      await settle(visit, 'link')
    }
    await settle(cancelled, 'cancel')
    const { id: slotId, clinicNo } = withdrawn.slot
    await engine.withdrawSlots({ clinicNo, which: { slotId }, withBookings: true, dryRun: false, actorId: null })
    expect(await engine.reads.booking(cancelled.booking.id)).toMatchObject({ status: 'CANCELLED' })
    expect(await engine.reads.booking(withdrawn.booking.id)).toMatchObject({ status: 'FAILED' })
    const erased = await engine.erasures.ofBooking({ bookingId: cancelled.booking.id, actorId: null, key: null })
    expect(erased.kind).toBe('done')
    expect([await attendedAt(cancelled), await attendedAt(withdrawn)]).toEqual([expect.any(Date), expect.any(Date)])
  })

  test.for(['cancel', 'attend'] as const)('a cancellation at the same time, %s first', async (first) => {
    const visit = await aVisit()
    const lock = await lockOf(visit)
    const cancelling = first === 'cancel' ? settle(visit, 'cancel') : undefined
    const attending = first === 'attend' ? attend(visit) : undefined
    await untilLockWaiters(database, 1)
    const both = [cancelling ?? settle(visit, 'cancel'), attending ?? attend(visit)]
    await lock.releaseOnce(2)
    const kinds = (await Promise.all(both)).map(({ kind }) => kind)
    expect(kinds).toEqual(['done', first === 'cancel' ? 'invalid_transition' : 'done'])
    expect(await takenOf(database, visit.slot)).toEqual([0])
    expect(await attendedAt(visit)).toEqual(first === 'cancel' ? null : expect.any(Date))
  })
})

const agedTest = agedDatabaseTest(6)

agedTest('of a visit booked months ago: in the late events, and not once it is moved', async ({ database: aged }) => {
  const by = createEngine({ batchPool: aged.appPool, generalPool: aged.appPool })
  try {
    const doctor = await aDoctor(aged, await aClinic(aged))
    const [slot, other] = [await aSlot(aged, doctor), await aSlot(aged, doctor)]
    const booking = await ageBooking(aged, await aBooking(aged, slot), 100)
    expect((await attend({ slot, booking }, {}, by)).kind).toBe('done')
    expect((await attend({ slot, booking }, {}, by)).kind).toBe('unchanged')
    const { rows } = await aged.ownerPool.query('select type from holdfast.late_event where booking_id = $1', [
      booking.id,
    ])
    expect(rows).toEqual([{ type: 'attendance_confirmed' }])
    expect((await by.reads.booking(booking.id))?.attendanceConfirmedAt).not.toBeNull()
    expect((await withdraw({ slot, booking }, {}, by)).kind).toBe('done')
    expect((await by.reads.booking(booking.id))?.attendanceConfirmedAt).toBeNull()
    expect((await attend({ slot, booking }, {}, by)).kind).toBe('done')
    expect((await move({ slot, booking }, other, by)).kind).toBe('done')
    expect((await by.reads.booking(booking.id))?.attendanceConfirmedAt).toBeNull()
    expect(await faultsOf(aged, by)).toEqual([])
  } finally {
    await by.stop()
  }
})

describe('verify detects', () => {
  let planted: TestDatabase
  let by: Engine

  test.beforeEach(async () => {
    planted = await createTestDatabase()
    by = createEngine({ batchPool: planted.appPool, generalPool: planted.appPool })
  })
  afterEach(async () => {
    await by.stop()
    await planted.drop()
  })

  async function aPlantedVisit() {
    const doctor = await aDoctor(planted, await aClinic(planted))
    const [slot, other] = [await aSlot(planted, doctor), await aSlot(planted, doctor)]
    return { slot, other, booking: await aBooking(planted, slot) }
  }

  const messages = async () =>
    (await by.reads.verify({ clinicNo: null, detailsMax: 10 })).details.map(({ kind, message }) => [kind, message])

  test.for([
    ['now()', /^attendance_confirmed_at is 2.+, by its log null$/, false],
    ['null', /^attendance_confirmed_at is null, by its log 2/, true],
    [`attendance_confirmed_at + interval '1 second'`, /^attendance_confirmed_at is 2.+, by its log 2/, true],
  ] as const)('a forged value: %s', async ([value, message, isSaid]) => {
    const visit = await aPlantedVisit()
    if (isSaid) await attend(visit, {}, by)
    expect(await messages()).toEqual([])
    await planted.ownerPool.query(`update holdfast.booking set attendance_confirmed_at = ${value} where id = $1`, [
      visit.booking.id,
    ])
    expect(await messages()).toEqual([['state_differs', expect.stringMatching(message)]])
  })

  test('a move that does not take it back (a planted bug)', async () => {
    await plantFunction(planted, 'change_bookings', {
      part: 'attendance_confirmed_at = case when c.slot_id is null',
      becomes: 'attendance_confirmed_at = case when true',
    })
    const visit = await aPlantedVisit()
    await attend(visit, {}, by)
    await move(visit, visit.other, by)
    expect(await messages()).toEqual([['state_differs', expect.stringContaining('by its log null')]])
  })

  test('a withdrawal that changes nothing (a planted bug)', async () => {
    await plantFunction(planted, 'change_bookings', {
      part: `nullif(coalesce(c.attendance, b.attendance_confirmed_at), '-infinity')`,
      becomes: 'coalesce(b.attendance_confirmed_at, c.attendance)',
    })
    const visit = await aPlantedVisit()
    await attend(visit, {}, by)
    await withdraw(visit, {}, by)
    expect(await messages()).toEqual([['state_differs', expect.stringContaining('by its log null')]])
  })

  test('one that is said of a cancelled booking (a planted bug)', async () => {
    await plantFunction(planted, 'set_attendance', {
      part: `when v_booking.status <> 'CONFIRMED' then 'invalid_transition'`,
      becomes: `when false then 'invalid_transition'`,
    })
    const visit = await aPlantedVisit()
    const cancelled = await aBooking(planted, visit.other, { status: 'CANCELLED' })
    await attend({ slot: visit.other, booking: cancelled }, {}, by)
    expect(await messages()).toContainEqual([
      'illegal_transition',
      expect.stringContaining('attendance_confirmed after CANCELLED'),
    ])
    expect(await checkHistory(planted)).toContainEqual(expect.stringContaining('attendance_confirmed after CANCELLED'))
  })
})
