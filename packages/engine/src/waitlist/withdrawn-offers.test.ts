import {
  aBooking,
  aDoctor,
  anOfferMessage,
  aSlot,
  type BuiltDoctor,
  lapseHolds,
  plantFunction,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { freshTest, test as waitlistTest } from '../../test/waitlist.ts'
import { setBusyTimes } from '../calendars/read-busy-calendars.ts'
import type { Engine } from '../model/engine.ts'

type Connected = { database: TestDatabase; doctor: BuiltDoctor }
type Slot = { startsAt: Date; endsAt: Date }

/** Adds a busy calendar to `doctor`, and sets its busy times. */
const busyTimes =
  ({ database, doctor }: Connected) =>
  async (busy: readonly Slot[], connection: pg.Pool | pg.PoolClient = database.appPool) => {
    const { clinicNo, id: doctorId } = doctor
    await connection.query(sql`
      insert into holdfast.busy_calendar (clinic_no, resource_id, url) values (${clinicNo}, ${doctorId}, 'sealed')
       on conflict do nothing`)
    await setBusyTimes(connection, { clinicNo, doctorId }, busy)
  }

const test = waitlistTest.extend('setBusy', busyTimes)
const controlTest = freshTest.extend('setBusy', busyTimes)

/** Does the same as Directory.updateDoctor, in a transaction of the test. */
async function stopIn(client: pg.PoolClient, { clinicNo, id }: BuiltDoctor): Promise<void> {
  await client.query('update holdfast.resource set active = false where clinic_no = $1 and id = $2', [clinicNo, id])
  await client.query('select holdfast.stop_offers($1, $2)', [clinicNo, id])
}

/** Confirms or cancels a booking in a transaction of the test. */
async function settleIn(client: pg.PoolClient, { clinicNo }: BuiltDoctor, bookingId: string, action: string) {
  const { rows } = await client.query<{ outcome: string }>(
    `select outcome from holdfast.settle_bookings(array[$1::int], array[$2::uuid], array[$3], array[null::uuid],
       array[true], array[null::uuid], array[null])`,
    [clinicNo, bookingId, action],
  )
  return rows[0]?.outcome
}

/**
 * Does one thing in a transaction, then another that has to wait for it, and commits the first.
 *
 * @returns the result of the other
 */
async function oneAfterTheOther<Result>(
  database: TestDatabase,
  one: (client: pg.PoolClient) => Promise<unknown>,
  other: () => Promise<Result>,
): Promise<Result> {
  const client = await database.appPool.connect()
  try {
    await client.query('begin')
    await one(client)
    const waiting = other()
    await untilLockWaiters(database, 1)
    await client.query('commit')
    return await waiting
  } finally {
    client.release()
  }
}

test('an offer in a slot that is blocked ends, and who had it is offered the place again when it is free', async ({
  database,
  engine,
  doctor,
  setBusy,
  settle,
  full,
  wait,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const [first, second] = [await wait(), await wait()]
  await settle(booking, 'cancel')
  const offer = { id: (await offerOf(first))?.id ?? '' }
  await setBusy([slot])
  expect(await engine.reads.booking(offer.id)).toMatchObject({ status: 'FAILED', failureReason: 'slot_closed' })
  expect(await takenOf(database, slot)).toEqual([0])
  expect(await engine.waitlist.entry(first.id)).toMatchObject({ status: 'waiting', missed: 0, position: 1 })
  expect(await engine.waitlist.offersOf(first.id)).toMatchObject([{ bookingId: offer.id, outcome: 'withdrawn' }])
  expect(await settle(offer, 'confirm')).toMatchObject({ kind: 'invalid_transition' })
  // Nobody has booked it, so it is no conflict.
  expect(await engine.busyCalendars.conflicts({ clinicNo: doctor.clinicNo, doctorId: doctor.id, limit: 10 })).toEqual(
    [],
  )
  await setBusy([])
  expect(await offerOf(first)).toMatchObject({ slotId: slot.id, status: 'PENDING' })
  expect(await offerOf(second)).toBeNull()
  expect(await engine.waitlist.offersOf(first.id)).toMatchObject([{ outcome: 'withdrawn' }, { outcome: null }])
})

test('of a blocked slot, holds and bookings stay, and a hold can still be confirmed', async ({
  database,
  engine,
  doctor,
  setBusy,
  settle,
  wait,
  offerOf,
}) => {
  const slot = await aSlot(database, doctor, { capacity: 3 })
  const [booked, cancelled] = [await aBooking(database, slot), await aBooking(database, slot)]
  const held = await aBooking(database, slot, { status: 'PENDING' })
  const entry = await wait()
  await settle(cancelled, 'cancel')
  expect(await offerOf(entry)).not.toBeNull()
  await setBusy([slot])
  expect(await offerOf(entry)).toBeNull()
  expect(await takenOf(database, slot)).toEqual([2])
  const { rows } = await database.ownerPool.query(sql`
    select s.next_lapse = b.hold_expires_at as "isEndOfHold" from holdfast.slot s
     join holdfast.booking b on b.id = ${held.id} where s.id = ${slot.id}`)
  expect(rows).toEqual([{ isEndOfHold: true }])
  expect(await settle(held, 'confirm')).toMatchObject({ kind: 'done' })
  const conflicts = await engine.busyCalendars.conflicts({ clinicNo: doctor.clinicNo, doctorId: doctor.id, limit: 10 })
  expect(conflicts.map(({ id }) => id).toSorted()).toEqual([booked.id, held.id].toSorted())
})

test('an offer lapsed before its slot is blocked counts as missed', async ({ database, engine, setBusy, offered }) => {
  const { slot, entry, offer } = await offered()
  await anOfferMessage(database, entry)
  await lapseHolds(database, slot)
  await setBusy([slot])
  expect(await engine.reads.booking(offer.id)).toMatchObject({ failureReason: 'hold_expired' })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ status: 'waiting', missed: 1 })
})

test('an offer that is accepted while its slot is blocked stays, and is a conflict', async ({
  database,
  engine,
  doctor,
  setBusy,
  offered,
}) => {
  const { slot, entry, offer } = await offered()
  await setBusy([])
  await oneAfterTheOther(
    database,
    (client) => settleIn(client, doctor, offer.id, 'confirm'),
    () => setBusy([slot]),
  )
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ status: 'accepted', offerBookingId: offer.id })
  expect(
    await engine.busyCalendars.conflicts({ clinicNo: doctor.clinicNo, doctorId: doctor.id, limit: 10 }),
  ).toMatchObject([{ id: offer.id, status: 'CONFIRMED' }])
  expect(await takenOf(database, slot)).toEqual([1])
})

test('an offer whose slot is being blocked is not accepted', async ({ database, engine, setBusy, settle, offered }) => {
  const { slot, entry, offer } = await offered()
  const accepted = await oneAfterTheOther(
    database,
    (client) => setBusy([slot], client),
    () => settle(offer, 'confirm'),
  )
  expect(accepted).toMatchObject({ kind: 'invalid_transition', booking: { failureReason: 'slot_closed' } })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ status: 'waiting', offerBookingId: null })
  expect(await takenOf(database, slot)).toEqual([0])
})

controlTest('negative control: an offer left open is accepted', async ({ database, setBusy, settle, offered }) => {
  await plantFunction(database, 'apply_busy_times', { part: 'if v_blocked is not null', becomes: 'if false' })
  const { slot, offer } = await offered()
  await setBusy([slot])
  expect(await settle(offer, 'confirm')).toMatchObject({ kind: 'done' })
})

controlTest(
  'negative control: without reading it again under the lock, an accepted offer ends',
  async ({ database, engine, doctor, setBusy, offered }) => {
    await plantFunction(database, 'withdraw_offers', {
      part: "where b.status = 'PENDING') q",
      becomes: 'where true) q',
    })
    const { slot, offer } = await offered()
    await setBusy([])
    await oneAfterTheOther(
      database,
      (client) => settleIn(client, doctor, offer.id, 'confirm'),
      () => setBusy([slot]),
    )
    expect(await engine.reads.booking(offer.id)).toMatchObject({ status: 'FAILED' })
  },
)

test('offers of a doctor whose bookings are stopped end; who had them is the first when they go on', async ({
  database,
  engine,
  doctor,
  settle,
  full,
  wait,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const held = await aBooking(database, await aSlot(database, doctor), { status: 'PENDING' })
  const [first, second] = [await wait(), await wait()]
  await settle(booking, 'cancel')
  const offer = { id: (await offerOf(first))?.id ?? '' }
  await engine.directory.updateDoctor(doctor.id, { active: false })
  expect(await engine.reads.booking(offer.id)).toMatchObject({ status: 'FAILED', failureReason: 'slot_closed' })
  expect(await settle(offer, 'confirm')).toMatchObject({ kind: 'invalid_transition' })
  // Claimed before.
  expect(await settle(held, 'confirm')).toMatchObject({ kind: 'done' })
  expect(await offerOf(second)).toBeNull()
  await engine.directory.updateDoctor(doctor.id, { active: true })
  expect(await offerOf(first)).toMatchObject({ slotId: slot.id })
})

/** A place is cancelled, but not committed, while the doctor's bookings are stopped. @returns the offer in the end */
async function stopBesideCancellation({
  database,
  engine,
  doctor,
  full,
  wait,
  offerOf,
  waits,
}: {
  database: TestDatabase
  engine: Engine
  doctor: BuiltDoctor
  full: () => Promise<{ booking: { id: string } }>
  wait: () => Promise<{ id: string }>
  offerOf: (entry: { id: string }) => Promise<{ status: string } | null>
  waits: boolean
}) {
  const { booking } = await full()
  const entry = await wait()
  const client = await database.appPool.connect()
  try {
    await client.query('begin')
    await settleIn(client, doctor, booking.id, 'cancel')
    const stopping = engine.directory.updateDoctor(doctor.id, { active: false })
    if (waits) await untilLockWaiters(database, 1)
    else await stopping
    await client.query('commit')
    await stopping
    return await offerOf(entry)
  } finally {
    client.release()
  }
}

test('an offer that is being made while the doctor’s bookings are stopped ends', async ({
  database,
  engine,
  doctor,
  full,
  wait,
  offerOf,
}) => {
  expect(await stopBesideCancellation({ database, engine, doctor, full, wait, offerOf, waits: true })).toBeNull()
})

controlTest(
  'negative control: if only slots with offers are locked, it stays open',
  async ({ database, engine, doctor, full, wait, offerOf }) => {
    const part = 'and s.starts_at > clock_timestamp()'
    await plantFunction(database, 'stop_offers', { part, becomes: `${part} and s.next_lapse is not null` })
    const scene = { database, engine, doctor, full, wait, offerOf, waits: false }
    expect(await stopBesideCancellation(scene)).toMatchObject({ status: 'PENDING' })
  },
)

test('what becomes free while the doctor’s bookings are being stopped is offered to nobody', async ({
  database,
  doctor,
  settle,
  full,
  wait,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const entry = await wait()
  const cancelled = await oneAfterTheOther(
    database,
    (client) => stopIn(client, doctor),
    () => settle(booking, 'cancel'),
  )
  expect(cancelled).toMatchObject({ kind: 'done' })
  expect(await offerOf(entry)).toBeNull()
  expect(await takenOf(database, slot)).toEqual([0])
})

test('who waits for nobody bookable is paused in place', async ({ database, engine, doctor, wait, offerOf }) => {
  const specialization = 'Neurology'
  const setSpecialization = (of: { id: string }) => engine.directory.updateDoctor(of.id, { specialization })
  await setSpecialization(doctor)
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const colleague = await aDoctor(database, clinic)
  const [named, any, ended] = [await wait(), await wait({ specialization }), await wait({ to: '2020-02-01' })]
  const paused = async () => {
    const entries = await Promise.all([named, any, ended].map(({ id }) => engine.waitlist.entry(id)))
    return entries.map((entry) => entry?.isPaused)
  }
  expect(await paused()).toEqual([false, false, false])
  await engine.directory.updateDoctor(doctor.id, { active: false })
  expect(await paused()).toEqual([true, true, false])
  await setSpecialization(colleague)
  expect(await paused()).toEqual([true, false, false])
  expect(await engine.waitlist.entry(named.id)).toMatchObject({ status: 'waiting', position: 1 })
  await engine.directory.updateDoctor(doctor.id, { active: true })
  expect(await paused()).toEqual([false, false, false])
  expect(await offerOf(named)).toBeNull()
})
