import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltBooking,
  type BuiltDoctor,
  checkHistory,
  createTestDatabase,
  holdLock,
  lapseHolds,
  shiftSlot,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import type { SettleAction, SettleOutcome, SettleRequest } from '../model/settle.ts'
import { createReads } from '../reads/create-reads.ts'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { verify } from '../verify/verify.ts'
import { runMoveBatch } from './move-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

let database: TestDatabase
let doctor: BuiltDoctor
let engine: Engine

beforeAll(async () => {
  database = await createTestDatabase()
  doctor = await aDoctor(database, await aClinic(database))
  engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
})
afterAll(async () => {
  // Whatever happened here, the log explains it, and both checkers agree.
  expect(await checkHistory(database)).toEqual([])
  expect((await verify(database.appPool, { clinicNo: null, detailsMax: 10 })).details).toEqual([])
  await engine.stop()
  await database.drop()
})

const request = (
  booking: { id: string },
  action: SettleAction,
  actorId: string | null = null,
  wishes: Partial<SettleRequest> = {},
): SettleRequest => ({ bookingId: booking.id, action, actorId, onBehalf: true, key: null, reason: null, ...wishes })

async function settle(...requests: SettleRequest[]): Promise<(SettleOutcome | { kind: 'retry' })[]> {
  const answers = await runSettleBatch(database.appPool, requests)
  return answers.map((answer) => (answer.kind === 'completed' ? answer.outcome : answer))
}

const kindsOf = async (...requests: SettleRequest[]) => (await settle(...requests)).map((outcome) => outcome.kind)

async function lastEventOf(booking: { id: string }) {
  return (await createReads(database.appPool).eventsOfBooking(booking.id)).at(-1)
}

async function accountOf(booking: { id: string }): Promise<string | null | undefined> {
  return (await createReads(database.appPool).booking(booking.id))?.accountId
}

async function availableOf(slot: { id: string }): Promise<number | undefined> {
  return (await createReads(database.appPool).slot(slot.id))?.available
}

const lockOf = (booking: BuiltBooking) =>
  holdLock(database.ownerPool, 'select from holdfast.booking where clinic_no = $1 and id = $2 for update', [
    booking.clinicNo,
    booking.id,
  ])

describe('a mark is taken back', () => {
  test('step by step, with the place kept throughout, and can be set again', async () => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const booking = await aBooking(database, slot, { status: 'COMPLETED', units: 2 })
    const actorId = randomUUID()
    const steps: unknown[] = []
    for (const action of ['reopen', 'reopen', 'reopen'] as const) {
      const [outcome] = await settle(request(booking, action, actorId))
      steps.push([outcome?.kind, outcome !== undefined && 'booking' in outcome && outcome.booking.status])
      expect(await availableOf(slot)).toBe(1)
    }
    expect(steps).toEqual([
      ['done', 'ARRIVED'],
      ['done', 'CONFIRMED'],
      ['unchanged', 'CONFIRMED'],
    ])
    expect(await lastEventOf(booking)).toMatchObject({
      type: 'reopened',
      statusAfter: 'CONFIRMED',
      version: 6,
      actorId,
    })
    await shiftSlot(database, slot, -30 * 1440)
    expect(await kindsOf(request(booking, 'no_show'))).toEqual(['done'])
    expect(await kindsOf(request(booking, 'reopen'))).toEqual(['done'])
    expect(await kindsOf(request(booking, 'arrive'))).toEqual(['done'])
  })

  test('a no-show that came after all counts as none, and may get another time', async () => {
    const clinic = await aClinic(database)
    const own = await aDoctor(database, clinic)
    const [missed, later] = [await aSlot(database, own), await aSlot(database, own)]
    const booking = await aBooking(database, missed, { status: 'NO_SHOW' })
    const rate = async () => {
      const day = missed.startsAt.toISOString().slice(0, 10)
      const stats = await createReads(database.appPool).clinicStats({ clinicNo: clinic.no, from: day, to: day })
      return [stats.noShowRate, stats.totals.NO_SHOW, stats.totals.CONFIRMED]
    }
    expect(await rate()).toEqual([1, 1, 0])
    expect(await kindsOf(request(booking, 'reopen'))).toEqual(['done'])
    expect(await rate()).toEqual([null, 0, 1])
    const move = { bookingId: booking.id, slotId: later.id, actorId: null, onBehalf: true }
    expect(await runMoveBatch(database.appPool, [move])).toMatchObject([{ outcome: { kind: 'done' } }])
  })

  test('what was never marked is refused, a lapsed hold too', async () => {
    const slot = await aSlot(database, doctor, { capacity: 4 })
    const held = await aBooking(database, slot, { status: 'PENDING' })
    expect(await kindsOf(request(held, 'reopen'))).toEqual(['invalid_transition'])
    await lapseHolds(database, slot)
    expect(await settle(request(held, 'reopen'))).toMatchObject([
      { kind: 'invalid_transition', booking: { status: 'FAILED', failureReason: 'hold_expired' } },
    ])
  })

  test('reopened while its slot is being withdrawn, it is withdrawn like every confirmed booking', async () => {
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const [first, second] = [
      await aBooking(database, slot, { status: 'ARRIVED' }),
      await aBooking(database, slot, { status: 'ARRIVED' }),
    ]
    const reopening = await database.ownerPool.connect()
    await reopening.query('begin')
    await reopening.query(
      `select from holdfast.settle_bookings(array[$1::int], array[$2::uuid], array['reopen'], array[null::uuid],
         array[true], array[null::uuid], array[null])`,
      [first.clinicNo, first.id],
    )
    const withdrawing = withdrawSlots(database.appPool, {
      clinicNo: slot.clinicNo,
      which: { slotId: slot.id },
      withBookings: true,
      dryRun: false,
      actorId: null,
    })
    await untilLockWaiters(database, 1)
    await reopening.query('commit')
    reopening.release()
    expect((await withdrawing).kind).toBe('withdrawn')
    expect(await createReads(database.appPool).booking(first.id)).toMatchObject({
      status: 'FAILED',
      failureReason: 'slot_withdrawn',
    })
    // The control: who is in the house stays, and is confirmed when the mark is taken back, withdrawn slot or not.
    expect(await kindsOf(request(second, 'reopen'))).toEqual(['done'])
    expect(await kindsOf(request(second, 'cancel'))).toEqual(['done'])
  })
})

describe('a guest’s booking becomes an account’s', () => {
  test('and is listed there; again it is unchanged, and for another account refused', async () => {
    const booking = await aBooking(database, await aSlot(database, doctor))
    const [mine, other] = [randomUUID(), randomUUID()]
    const [linked] = await settle(request(booking, 'link', mine))
    expect(linked).toMatchObject({ kind: 'done', booking: { status: 'CONFIRMED', accountId: mine, version: 3 } })
    expect(await lastEventOf(booking)).toMatchObject({ type: 'linked', statusAfter: 'CONFIRMED', actorId: mine })
    expect(await settle(request(booking, 'link', mine))).toMatchObject([{ kind: 'unchanged', booking: { version: 3 } }])
    expect(await settle(request(booking, 'link', other))).toEqual([{ kind: 'booking_has_account' }])
    expect(await kindsOf(request({ id: newId(doctor.clinicNo) }, 'link', mine))).toEqual(['booking_missing'])
    const query = { status: null, from: null, to: null, limit: 10, cursor: null }
    const reads = createReads(database.appPool)
    expect((await reads.bookingsOfAccount({ ...query, accountId: mine })).items.map(({ id }) => id)).toEqual([
      booking.id,
    ])
    expect((await reads.bookingsOfAccount({ ...query, accountId: other })).items).toEqual([])
  })

  test('one that an account made is that account’s', async () => {
    const mine = randomUUID()
    const booking = await aBooking(database, await aSlot(database, doctor), { accountId: mine })
    expect(await kindsOf(request(booking, 'link', randomUUID()))).toEqual(['booking_has_account'])
    expect(await kindsOf(request(booking, 'link', mine))).toEqual(['unchanged'])
  })

  test('a hold stays a hold until the same second: it is confirmed in time, or given back', async () => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const [confirmed, lapsed, swept] = [
      await aBooking(database, slot, { status: 'PENDING' }),
      await aBooking(database, slot, { status: 'PENDING' }),
      await aBooking(database, slot, { status: 'PENDING' }),
    ]
    const before = (await createReads(database.appPool).booking(confirmed.id))?.holdExpiresAt
    const [linked] = await settle(request(confirmed, 'link', randomUUID()))
    expect(linked).toMatchObject({ kind: 'done', booking: { status: 'PENDING', holdExpiresAt: before } })
    expect(await kindsOf(request(confirmed, 'confirm'), request(lapsed, 'link', randomUUID()))).toEqual([
      'done',
      'done',
    ])
    await lapseHolds(database, slot)
    expect(await kindsOf(request(lapsed, 'confirm'))).toEqual(['hold_expired'])
    // Lapsed and not swept yet: linked as it reads.
    expect(await settle(request(swept, 'link', randomUUID()))).toMatchObject([
      { kind: 'done', booking: { status: 'FAILED', failureReason: 'hold_expired', holdExpiresAt: null } },
    ])
    await database.appPool.query('select holdfast.expire_holds(100)')
    expect(await availableOf(slot)).toBe(2)
    expect(await lastEventOf(swept)).toMatchObject({ type: 'failed', reason: 'hold_expired', version: 3 })
  })

  test('to nobody: the database refuses it', async () => {
    const booking = await aBooking(database, await aSlot(database, doctor))
    await expect(settle(request(booking, 'link'))).rejects.toMatchObject({ code: '22023' })
    expect(await accountOf(booking)).toBeNull()
  })

  test('two accounts at once: one has it, the other hears so', async () => {
    const booking = await aBooking(database, await aSlot(database, doctor))
    const accounts = [randomUUID(), randomUUID()]
    const lock = await lockOf(booking)
    const linking = accounts.map((accountId) => settle(request(booking, 'link', accountId)))
    await untilLockWaiters(database, 2)
    await lock.release()
    const kinds = (await Promise.all(linking)).map(([outcome]) => outcome?.kind)
    expect(kinds.toSorted()).toEqual(['booking_has_account', 'done'])
    expect(await accountOf(booking)).toBe(accounts[kinds.indexOf('done')])
    expect((await lastEventOf(booking))?.version).toBe(3)
  })

  test.each(['confirm', 'cancel', 'extend'] as const)(
    'in one batch with %s, in either order: the first is done, the second is sent again',
    async (action) => {
      const slot = await aSlot(database, doctor, { capacity: 2 })
      for (const order of [0, 1]) {
        const booking = await aBooking(database, slot, { status: 'PENDING' })
        const accountId = randomUUID()
        const both = [request(booking, 'link', accountId), request(booking, action, null, { key: randomUUID() })]
        if (order === 1) both.reverse()
        expect(await kindsOf(...both)).toEqual(['done', 'retry'])
        expect(await kindsOf(...both.slice(1))).toEqual(['done'])
        expect(await createReads(database.appPool).booking(booking.id)).toMatchObject({ accountId, version: 3 })
      }
    },
  )

  test('while it is moved: both are done, in the one order or the other', async () => {
    const [from, to] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const booking = await aBooking(database, from)
    const lock = await lockOf(booking)
    const accountId = randomUUID()
    const moving = engine.move({ bookingId: booking.id, slotId: to.id, actorId: null, onBehalf: true })
    const linking = engine.settle(request(booking, 'link', accountId))
    await untilLockWaiters(database, 2)
    await lock.release()
    expect([(await moving).kind, (await linking).kind]).toEqual(['done', 'done'])
    expect(await createReads(database.appPool).booking(booking.id)).toMatchObject({
      slotId: to.id,
      accountId,
      version: 4,
    })
  })
})
