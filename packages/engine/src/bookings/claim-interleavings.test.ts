import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  type BuiltClinic,
  type BuiltSlot,
  checkHistory,
  claimWays,
  holdSlotLock,
  kinds,
  lapseHolds,
  plantFunction,
  type TestDatabase,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { verify } from '../verify/verify.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

let clinic: BuiltClinic

test.beforeAll(async ({ database }) => {
  clinic = await aClinic(database)
})

const { alone, together } = claimWays(runClaimBatch)

/** Another session's transaction: what is done with its pool is invisible and locked until it ends. */
async function aTransaction(
  database: TestDatabase,
): Promise<{ pool: pg.Pool; end(how: 'commit' | 'rollback'): Promise<void> }> {
  const client = await database.appPool.connect()
  await client.query('begin')
  return {
    pool: Object.assign(Object.create(database.appPool), { query: client.query.bind(client) }),
    async end(how) {
      await client.query(how)
      client.release()
    },
  }
}

const slotOf = async (database: TestDatabase, capacity = 1) =>
  aSlot(database, await aDoctor(database, clinic), { capacity })

async function slotRow(database: TestDatabase, slot: { id: string }) {
  const { rows } = await database.ownerPool.query<{ taken: number; next_lapse: Date | null }>(sql`
    select taken, next_lapse from holdfast.slot where id = ${slot.id}`)
  return rows[0]
}

async function expectAllWell(database: TestDatabase): Promise<void> {
  const { overbooked, mismatches, details } = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 10 })
  expect({ overbooked, mismatches, details }).toEqual({ overbooked: 0, mismatches: 0, details: [] })
  expect(await checkHistory(database)).toEqual([])
}

const withdraw = (pool: pg.Pool, slot: { id: string; clinicNo: number }) =>
  pool.query(sql`
    select * from holdfast.withdraw_slots(${slot.clinicNo}, ${slot.id}, null, null, null, true, false, null)`)

const cancel = (pool: pg.Pool, booking: { id: string }) => runSettleBatch(pool, [aSettlement(booking.id, 'cancel')])

describe.each([alone, together])('while another session has locked the slot, claimed $way', ({ claim }) => {
  test.for([
    { how: 'commit' as const, outcome: { kind: 'slot_closed', why: 'withdrawn' }, taken: 0 },
    { how: 'rollback' as const, outcome: { kind: 'booked' }, taken: 2 },
  ])('a withdrawal that ends with $how: $outcome.kind', async ({ how, outcome, taken }, { database }) => {
    const slot = await slotOf(database, 3)
    await aBooking(database, slot)
    const other = await aTransaction(database)
    await withdraw(other.pool, slot)
    const waiting = claim(database.appPool, aClaim(slot))
    await untilLockWaiters(database, 1)
    await other.end(how)
    expect(await waiting).toMatchObject([outcome])
    expect(await slotRow(database, slot)).toMatchObject({ taken })
    await expectAllWell(database)
  })

  test.for([
    { how: 'commit' as const, taken: 2 },
    { how: 'rollback' as const, taken: 3 },
  ])('a cancellation that ends with $how: booked, and $taken units taken', async ({ how, taken }, { database }) => {
    const slot = await slotOf(database, 3)
    const [booking] = [await aBooking(database, slot), await aBooking(database, slot)]
    const other = await aTransaction(database)
    await cancel(other.pool, booking)
    const waiting = claim(database.appPool, aClaim(slot))
    await untilLockWaiters(database, 1)
    await other.end(how)
    expect(kinds(await waiting)).toEqual(['booked'])
    expect(await slotRow(database, slot)).toMatchObject({ taken })
    await expectAllWell(database)
  })

  test('one of two units is cancelled: the request, made before, is refused at once', async ({ database }) => {
    const slot = await slotOf(database, 2)
    const booking = await aBooking(database, slot)
    const other = await aTransaction(database)
    await cancel(other.pool, booking)
    expect(kinds(await claim(database.appPool, aClaim(slot, { units: 2 })))).toEqual(['slot_full'])
    await other.end('commit')
    expect(kinds(await claim(database.appPool, aClaim(slot, { units: 2 })))).toEqual(['booked'])
  })

  test.for([
    { how: 'commit' as const, kind: 'slot_full', taken: 3 },
    { how: 'rollback' as const, kind: 'booked', taken: 2 },
  ])(
    'a claim on the remaining units that ends with $how: $kind, even if others wait behind it',
    async ({ how, kind, taken }, { database }) => {
      const slot = await slotOf(database, 3)
      await aBooking(database, slot)
      const other = await aTransaction(database)
      expect(kinds(await alone.claim(other.pool, aClaim(slot, { units: 2, confirm: true })))).toEqual(['booked'])
      const waiting = claim(database.appPool, aClaim(slot))
      await untilLockWaiters(database, 1)
      const behind = [alone, together].map((way) => way.claim(database.appPool, aClaim(slot, { units: 2 })))
      await untilLockWaiters(database, 3)
      await other.end(how)
      expect(kinds((await Promise.all([waiting, ...behind])).flat())).toEqual([kind, 'slot_full', 'slot_full'])
      expect(await slotRow(database, slot)).toMatchObject({ taken })
      await expectAllWell(database)
    },
  )

  test.for(['commit', 'rollback'] as const)(
    'the sweeper has just given a lapsed hold back, and ends with %s: booked',
    async (how, { database }) => {
      const slot = await slotOf(database)
      const held = await aBooking(database, slot, { status: 'PENDING' })
      await lapseHolds(database, slot)
      const other = await aTransaction(database)
      await other.pool.query('select holdfast.expire_holds(1000)')
      const waiting = claim(database.appPool, aClaim(slot, { confirm: true }))
      await untilLockWaiters(database, 1)
      await other.end(how)
      expect(kinds(await waiting)).toEqual(['booked'])
      expect(await slotRow(database, slot)).toEqual({ taken: 1, next_lapse: null })
      const { rows } = await database.ownerPool.query(sql`select status, version from holdfast.booking
          where id = ${held.id}`)
      expect(rows).toEqual([{ status: 'FAILED', version: 2 }])
      await expectAllWell(database)
    },
  )

  test('holds that lapse while it waits are given back, even if there was room without them', async ({ database }) => {
    const slot = await slotOf(database, 3)
    const held = await aBooking(database, slot, { status: 'PENDING', units: 2 })
    const lock = await holdSlotLock(database, slot)
    // The test's clock waits for the same lock, ahead of the claim.
    const lapsing = lapseHolds(database, slot)
    await untilLockWaiters(database, 1)
    const waiting = claim(database.appPool, aClaim(slot, { confirm: true }))
    await lock.releaseOnce(2)
    expect(await lapsing).toBe(1)
    expect(kinds(await waiting)).toEqual(['booked'])
    expect(await slotRow(database, slot)).toEqual({ taken: 1, next_lapse: null })
    const { rows } = await database.ownerPool.query(sql`select failure_reason from holdfast.booking
        where id = ${held.id}`)
    expect(rows).toEqual([{ failure_reason: 'hold_expired' }])
    await expectAllWell(database)
  })

  test('next_lapse still has the end of another hold that was created while it waited', async ({ database }) => {
    const slot = await slotOf(database, 3)
    const other = await aTransaction(database)
    const [first] = await alone.claim(other.pool, aClaim(slot))
    if (first === undefined || first === 'retry' || first.kind !== 'booked') throw new Error('not booked')
    const waiting = [false, true].map((confirm) => claim(database.appPool, aClaim(slot, { confirm })))
    await untilLockWaiters(database, 2)
    await other.end('commit')
    expect(kinds((await Promise.all(waiting)).flat())).toEqual(['booked', 'booked'])
    const row = await slotRow(database, slot)
    expect(row).toMatchObject({ taken: 3 })
    expect(row?.next_lapse?.getTime()).toBeLessThanOrEqual(first.booking.holdExpiresAt?.getTime() ?? Number.NaN)
    await expectAllWell(database)
  })
})

describe('the slot starts while a claim waits for it', () => {
  /** The outcome of `attempt` on a slot that starts in a second, or later if that was too short to prepare it. */
  async function beforeStart<Result>(
    its: TestDatabase,
    attempt: (slot: BuiltSlot) => Promise<Result | undefined>,
  ): Promise<Result> {
    for (let seconds = 1; seconds < 20; seconds *= 2) {
      const doctor = await aDoctor(its, await aClinic(its))
      const startsAt = new Date(Date.now() + seconds * 1_000)
      const result = await attempt(await aSlot(its, doctor, { startsAt, capacity: 2 }))
      if (result !== undefined) return result
    }
    throw new Error('No slot was locked before its start.')
  }

  /** A claim waits beyond the start for a session that changes nothing; returns its outcome and the units taken. */
  async function waitAcrossStart(its: TestDatabase, claim: typeof alone.claim) {
    return beforeStart(its, async (slot) => {
      const lock = await holdSlotLock(its, slot)
      const waiting = claim(its.appPool, aClaim(slot))
      await untilLockWaiters(its, 1)
      const isInTime = !(await isStarted(its, slot))
      await untilStarted(its, slot)
      await lock.release()
      const [outcome] = await waiting
      if (!isInTime) return undefined
      const { rows } = await its.ownerPool.query<{ taken: number }>(sql`select taken from holdfast.slot
          where id = ${slot.id}`)
      return { outcome, taken: rows[0]?.taken }
    })
  }

  test('closed, no unit is taken; negative control: an UPDATE’s condition is not rechecked', async ({ database }) => {
    const planted = await anotherDatabase()
    await plantFunction(
      planted,
      'claim_slot',
      { part: 'and s.withdrawn_at is null', becomes: '$& and s.starts_at > clock_timestamp()' },
      { part: /if claim_closed\(null, .*?claim_facts_age_max\(\) then/s, becomes: 'if false then' },
    )
    const closed = { outcome: { kind: 'slot_closed', why: 'started' }, taken: 0 }
    expect(await Promise.all([waitAcrossStart(database, alone.claim), waitAcrossStart(planted, alone.claim)])).toEqual([
      closed,
      { outcome: expect.objectContaining({ kind: 'booked' }), taken: 1 },
    ])
    expect(await waitAcrossStart(database, together.claim)).toEqual(closed)
    await expectAllWell(database)
  })

  test.for([alone, together])(
    'a booking with the same key from before the start is found by the claim $way, which is replayed',
    async ({ claim }, { database }) => {
      const { slot, first, outcomes } = await beforeStart(database, async (slot) => {
        const first = aClaim(slot)
        const other = await aTransaction(database)
        const booked = kinds(await alone.claim(other.pool, first))
        const waiting = claim(database.appPool, { ...aClaim(slot), key: first.key, requestHash: first.requestHash })
        if (booked[0] === 'booked') await untilLockWaiters(database, 1)
        const isInTime = !(await isStarted(database, slot))
        await untilStarted(database, slot)
        await other.end('commit')
        const outcomes = await waiting
        if (!isInTime) return undefined
        expect(booked).toEqual(['booked'])
        return { slot, first, outcomes }
      })
      expect(outcomes).toMatchObject([{ kind: 'replayed', booking: { id: first.bookingId } }])
      expect(await slotRow(database, slot)).toMatchObject({ taken: 1 })
    },
  )
})

/** Whether the slot has started by the database's clock. */
async function isStarted(its: TestDatabase, slot: { id: string }): Promise<boolean> {
  const { rows } = await its.ownerPool.query<{ started: boolean }>(sql`select starts_at < clock_timestamp() as started
      from holdfast.slot where id = ${slot.id}`)
  return rows[0]?.started === true
}

async function untilStarted(its: TestDatabase, slot: { id: string }): Promise<void> {
  await until(async () => await isStarted(its, slot), 'the slot to start')
}
