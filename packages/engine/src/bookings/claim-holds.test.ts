import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltDoctor,
  checkHistory,
  claimWays,
  holdSlotLock,
  kinds,
  lapseHolds,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import type { ClaimedBooking, ClaimOutcome, ClaimRequest } from '../model/claim.ts'
import { BatchQueue } from '../queue/batch-queue.ts'
import { verify } from '../verify/verify.ts'
import { runClaimBatch } from './claim-batch.ts'

let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  doctor = await aDoctor(database, await aClinic(database))
})

const { alone, together } = claimWays(runClaimBatch)

function bookedOf(outcome: ClaimOutcome | 'retry' | undefined): ClaimedBooking {
  if (outcome === undefined || outcome === 'retry' || outcome.kind !== 'booked') throw new Error('not booked')
  return outcome.booking
}

async function slotRow(database: TestDatabase, slot: { clinicNo: number; id: string }) {
  const { rows } = await database.ownerPool.query<{ taken: number; next_lapse: Date | null }>(sql`
    select taken, next_lapse from holdfast.slot where clinic_no = ${slot.clinicNo} and id = ${slot.id}`)
  return rows[0]
}

async function statusOf(database: TestDatabase, { id }: { id: string }) {
  const { rows } = await database.ownerPool.query(sql`select status, failure_reason, version from holdfast.booking
      where id = ${id}`)
  return rows[0]
}

const lapsed = { status: 'FAILED', failure_reason: 'hold_expired', version: 2 }

const verified = async (database: TestDatabase) => {
  const { overbooked, mismatches, details } = await verify(database.appPool, { clinicNo: null, detailsMax: 10 })
  return { overbooked, mismatches, details, history: await checkHistory(database) }
}
const allWell = { overbooked: 0, mismatches: 0, details: [], history: [] }

describe.each([alone, together])('holds, claimed $way', ({ run, claim }) => {
  test('a hold lapses without a worker: the next request gets the place', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    const held = bookedOf((await claim(database.appPool, aClaim(slot)))[0])
    expect(kinds(await claim(database.appPool, aClaim(slot)))).toEqual(['slot_full'])
    expect(await lapseHolds(database, slot)).toBe(1)
    expect(kinds(await claim(database.appPool, aClaim(slot)))).toEqual(['booked'])
    expect(await statusOf(database, held)).toEqual(lapsed)
    expect(await checkHistory(database)).toEqual([])
  })

  test('if only lapsed holds prevent a claim of several units, all of them are given back', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const held = await Promise.all([2, 1].map((units) => aBooking(database, slot, { status: 'PENDING', units })))
    await lapseHolds(database, slot)
    expect(kinds(await claim(database.appPool, aClaim(slot, { units: 3, confirm: true })))).toEqual(['booked'])
    expect(await Promise.all(held.map((one) => statusOf(database, one)))).toEqual([lapsed, lapsed])
    expect(await slotRow(database, slot)).toEqual({ taken: 3, next_lapse: null })
    expect(await verified(database)).toEqual(allWell)
  })

  test('lapsed holds are reclaimed even if that is not enough, and the request is refused', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    await aBooking(database, slot, { units: 2 })
    const held = await aBooking(database, slot, { status: 'PENDING' })
    await lapseHolds(database, slot)
    expect(kinds(await claim(database.appPool, aClaim(slot, { units: 2 })))).toEqual(['slot_full'])
    expect(await statusOf(database, held)).toEqual(lapsed)
    expect(await slotRow(database, slot)).toEqual({ taken: 2, next_lapse: null })
  })

  test('a hold lasts as long as the clinic’s setting says; one confirmed at once has none', async ({ database }) => {
    const clinic = await aClinic(database, { settings: { holdSeconds: 300 } })
    const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 2 })
    const [held, confirmed] = await claim(database.appPool, aClaim(slot), aClaim(slot, { confirm: true }))
    expect(held).toMatchObject({ kind: 'booked', booking: { status: 'PENDING' } })
    const { createdAt, holdExpiresAt } = bookedOf(held)
    expect((holdExpiresAt?.getTime() ?? 0) - createdAt.getTime()).toBe(300_000)
    expect(confirmed).toMatchObject({ kind: 'booked', booking: { status: 'CONFIRMED', holdExpiresAt: null } })
  })

  test('a hold begins when the slot is locked, however long the claim waited for it', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    const lock = await holdSlotLock(database, slot)
    const waiting = claim(database.appPool, aClaim(slot))
    await untilLockWaiters(database, 1)
    const { rows } = await database.ownerPool.query<{ now: Date }>('select clock_timestamp() as now')
    await lock.release()
    const { createdAt, holdExpiresAt } = bookedOf((await waiting)[0])
    expect(createdAt.getTime()).toBeGreaterThanOrEqual(rows[0]?.now.getTime() ?? Number.NaN)
    expect((holdExpiresAt?.getTime() ?? 0) - createdAt.getTime()).toBe(120_000)
    // Never later than the first hold's end, or no claim would look for it.
    expect((await slotRow(database, slot))?.next_lapse?.getTime()).toBeLessThanOrEqual(holdExpiresAt?.getTime() ?? 0)
    expect(await verified(database)).toEqual(allWell)
  })

  test('next_lapse is the end of the first hold: no later one or booking changes it', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const first = bookedOf((await claim(database.appPool, aClaim(slot)))[0])
    const early = (await slotRow(database, slot))?.next_lapse?.getTime() ?? Number.NaN
    // claim_slot reads the clock once for the row and once for the hold: the row's comes first, by microseconds.
    expect((first.holdExpiresAt?.getTime() ?? 0) - early).toBeGreaterThanOrEqual(0)
    expect((first.holdExpiresAt?.getTime() ?? 0) - early).toBeLessThan(10_000)
    expect(kinds(await claim(database.appPool, aClaim(slot), aClaim(slot, { confirm: true })))).toEqual([
      'booked',
      'booked',
    ])
    expect((await slotRow(database, slot))?.next_lapse?.getTime()).toBe(early)
  })

  test('2,500 lapsed holds of a slot reclaimed a thousand at a time, and no claim refused', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 2500 })
    for (let done = 0; done < 2500; done += 125) {
      await together.claim(database.appPool, ...Array.from({ length: 125 }, () => aClaim(slot)))
    }
    expect(await lapseHolds(database, slot)).toBe(2500)
    const large = aClaim(slot, { units: 2500 })
    expect(kinds(await claim(database.appPool, large))).toEqual(['retry'])
    expect(await slotRow(database, slot)).toMatchObject({ taken: 1500 })
    const queue = new BatchQueue<ClaimRequest, ClaimOutcome>({
      name: 'claim',
      run: (items) => run(database.appPool, items),
    })
    expect(await queue.submit(large)).toMatchObject({ kind: 'booked' })
    expect(await slotRow(database, slot)).toMatchObject({ taken: 2500 })
  })
})

test('20 lone claims and 5 batches on a slot of lapsed holds: no deadlock, all are booked', async ({ database }) => {
  const slot = await aSlot(database, doctor, { capacity: 30 })
  for (let n = 0; n < 30; n += 1) await aBooking(database, slot, { status: 'PENDING' })
  await lapseHolds(database, slot)
  const lock = await holdSlotLock(database, slot)
  // There are as many claims as the pool has connections, so that all of them wait at once.
  const racing = [
    ...Array.from({ length: 15 }, () => alone.claim(database.appPool, aClaim(slot))),
    ...Array.from({ length: 5 }, () => together.claim(database.appPool, aClaim(slot), aClaim(slot), aClaim(slot))),
  ]
  await untilLockWaiters(database, 20)
  racing.push(...Array.from({ length: 5 }, () => alone.claim(database.appPool, aClaim(slot))))
  await lock.release()
  const all = kinds((await Promise.all(racing)).flat())
  expect(all.filter((kind) => kind === 'booked')).toHaveLength(30)
  expect(all.filter((kind) => kind === 'slot_full')).toHaveLength(5)
  expect(await slotRow(database, slot)).toMatchObject({ taken: 30 })
  expect(await verified(database)).toEqual(allWell)
})

// Last, because a hold that ended yesterday and is confirmed today is a fault in the log.
describe.each([alone, together])('in the last moment, claimed $way', ({ claim }) => {
  test('a hold confirmed in its last moment stays, even if a claim waits to end it', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    const held = bookedOf((await claim(database.appPool, aClaim(slot)))[0])
    await lapseHolds(database, slot)
    // A confirmation in time is in flight and has locked the booking; a claim waits for the slot.
    const client = await database.ownerPool.connect()
    await client.query('begin')
    await client.query(sql`update holdfast.booking set status = 'CONFIRMED', hold_expires_at = null, version = 2
        where id = ${held.id}`)
    await client.query(sql`
      insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
       values (${slot.clinicNo}, ${held.id}, 2, now(), 'confirmed', ${slot.id}, ${slot.doctorId}, 1)`)
    const other = claim(database.appPool, aClaim(slot))
    await untilLockWaiters(database, 1)
    await client.query('commit')
    client.release()
    expect(kinds(await other)).toEqual(['slot_full'])
    expect(await slotRow(database, slot)).toMatchObject({ taken: 1, next_lapse: null })
  })
})
