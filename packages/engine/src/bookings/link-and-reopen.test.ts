import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aMove,
  aSettlement,
  aSlot,
  aWithdrawal,
  type BuiltBooking,
  type BuiltDoctor,
  checkHistory,
  holdLock,
  lapseHolds,
  shiftSlot,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { afterAll, describe, expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import type { SettleAction, SettleRequest } from '../model/settle.ts'
import { createReads } from '../reads/create-reads.ts'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { verify } from '../verify/verify.ts'
import { runMoveBatch } from './move-batch.ts'
import { type BatchSettleOutcome, runSettleBatch } from './settle-batch.ts'

let database: TestDatabase
let doctor: BuiltDoctor
let engine: Engine

test.beforeAll(async ({ database: testDatabase }) => {
  database = testDatabase
  doctor = await aDoctor(database, await aClinic(database))
  engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
})
afterAll(async () => {
  // After everything that happened here, both checkers find no fault in the log.
  expect(await checkHistory(database)).toEqual([])
  expect((await verify(database.appPool, { clinicNo: null, detailsMax: 10 })).details).toEqual([])
  await engine.stop()
})

const request = (
  booking: { id: string },
  action: SettleAction,
  actorId: string | null = null,
  overrides: Partial<SettleRequest> = {},
): SettleRequest => aSettlement(booking.id, action, { actorId, ...overrides })

async function settle(...requests: SettleRequest[]): Promise<(BatchSettleOutcome | { kind: 'retry' })[]> {
  const results = await runSettleBatch(database.appPool, requests)
  return results.map((result) => (result.kind === 'completed' ? result.outcome : result))
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

describe('a mark is undone', () => {
  test('step by step, its units stay taken, and it can be set again', async () => {
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

  test('a reopened no-show is not counted as one, and can be moved', async () => {
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
    const move = aMove(booking.id, later.id)
    expect(await runMoveBatch(database.appPool, [move])).toMatchObject([{ outcome: { kind: 'done' } }])
  })

  test('a booking that was never marked is refused, also a lapsed hold', async () => {
    const slot = await aSlot(database, doctor, { capacity: 4 })
    const held = await aBooking(database, slot, { status: 'PENDING' })
    expect(await kindsOf(request(held, 'reopen'))).toEqual(['invalid_transition'])
    await lapseHolds(database, slot)
    expect(await settle(request(held, 'reopen'))).toMatchObject([
      { kind: 'invalid_transition', booking: { status: 'FAILED', failureReason: 'hold_expired' } },
    ])
  })

  test('a booking reopened while its slot is withdrawn fails like every confirmed booking', async () => {
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
    const withdrawing = withdrawSlots(database.appPool, aWithdrawal(slot.clinicNo, { slotId: slot.id }))
    await untilLockWaiters(database, 1)
    await reopening.query('commit')
    reopening.release()
    expect((await withdrawing).kind).toBe('withdrawn')
    expect(await createReads(database.appPool).booking(first.id)).toMatchObject({
      status: 'FAILED',
      failureReason: 'slot_withdrawn',
    })
    // The patient who has arrived stays, and is not CONFIRMED again in a withdrawn slot. A mark that is no
    // confirmation can be undone.
    expect(await settle(request(second, 'reopen'))).toEqual([{ kind: 'slot_closed', why: 'withdrawn' }])
    expect(await kindsOf(request(second, 'complete'))).toEqual(['done'])
    expect(await settle(request(second, 'reopen'))).toMatchObject([{ kind: 'done', booking: { status: 'ARRIVED' } }])
  })
})

describe('a guest’s booking becomes an account’s', () => {
  test('and is listed there; repeated it is unchanged, and another account is refused', async () => {
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

  test('a booking created by an account can be linked to no other account', async () => {
    const mine = randomUUID()
    const booking = await aBooking(database, await aSlot(database, doctor), { accountId: mine })
    expect(await kindsOf(request(booking, 'link', randomUUID()))).toEqual(['booking_has_account'])
    expect(await kindsOf(request(booking, 'link', mine))).toEqual(['unchanged'])
  })

  test('a linked hold ends at the same time as before: it is confirmed in time, or given back', async () => {
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
    // Lapsed and not swept yet: the outcome has its effective status.
    expect(await settle(request(swept, 'link', randomUUID()))).toMatchObject([
      { kind: 'done', booking: { status: 'FAILED', failureReason: 'hold_expired', holdExpiresAt: null } },
    ])
    await database.appPool.query('select holdfast.expire_holds(100)')
    expect(await availableOf(slot)).toBe(2)
    expect(await lastEventOf(swept)).toMatchObject({ type: 'failed', reason: 'hold_expired', version: 3 })
  })

  test('without an account, the database refuses it', async () => {
    const booking = await aBooking(database, await aSlot(database, doctor))
    await expect(settle(request(booking, 'link'))).rejects.toMatchObject({ code: '22023' })
    expect(await accountOf(booking)).toBeNull()
  })

  test('two accounts at once: one gets it, the other is refused', async () => {
    const booking = await aBooking(database, await aSlot(database, doctor))
    const accounts = [randomUUID(), randomUUID()]
    const lock = await lockOf(booking)
    const linking = accounts.map((accountId) => settle(request(booking, 'link', accountId)))
    await lock.releaseOnce(2)
    const kinds = (await Promise.all(linking)).map(([outcome]) => outcome?.kind)
    expect(kinds.toSorted()).toEqual(['booking_has_account', 'done'])
    expect(await accountOf(booking)).toBe(accounts[kinds.indexOf('done')])
    expect((await lastEventOf(booking))?.version).toBe(3)
  })

  test.each(['confirm', 'cancel', 'extend'] as const)(
    'in one batch with %s, in either order: the second is left to the next batch, and both are done',
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

  test('while it is moved: both are done, in either order', async () => {
    const [from, to] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const booking = await aBooking(database, from)
    const lock = await lockOf(booking)
    const accountId = randomUUID()
    const moving = engine.move(aMove(booking.id, to.id))
    const linking = engine.settle(request(booking, 'link', accountId))
    await lock.releaseOnce(2)
    expect([(await moving).kind, (await linking).kind]).toEqual(['done', 'done'])
    expect(await createReads(database.appPool).booking(booking.id)).toMatchObject({
      slotId: to.id,
      accountId,
      version: 4,
    })
  })
})
