import { randomUUID } from 'node:crypto'
import {
  aClaim,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  type BuiltDoctor,
  checkHistory,
  claimWays,
  createTestDatabase,
  holdSlotLock,
  kinds,
  neverReadAgain,
  plantFunction,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import type { ClaimOutcome, ClaimRequest } from '../model/claim.ts'
import { newId } from '../model/id.ts'
import { BatchQueue } from '../queue/batch-queue.ts'
import { verify } from '../verify/verify.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  // Claims wait for locks here, for a time that depends on the machine.
  await neverReadAgain(database)
  doctor = await aDoctor(database, await aClinic(database))
})

const { alone, together } = claimWays(runClaimBatch)

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)

/** The same request as a client's retry: with a new booking id. */
const retryOf = (request: ClaimRequest, overrides: Partial<ClaimRequest> = {}): ClaimRequest => {
  const slotId = overrides.slotId ?? request.slotId
  return { ...request, ...overrides, slotId, bookingId: newId(doctor.clinicNo) }
}

describe.each([alone, together])('retries, claimed $way', ({ run, claim }) => {
  const queueOf = (runs: (items: readonly ClaimRequest[]) => ReturnType<typeof run>) =>
    new BatchQueue<ClaimRequest, ClaimOutcome>({ name: 'claim', run: runs })

  test('the same key and hash: one result, also if the slot is full or the booking changed', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    const request = aClaim(slot)
    const [first] = await claim(database.appPool, request)
    if (first === undefined || first === 'retry' || first.kind !== 'booked') throw new Error('not booked')
    await runSettleBatch(database.appPool, [aSettlement(first.booking.id, 'confirm', { onBehalf: false })])
    const [retried] = await claim(database.appPool, retryOf(request))
    expect(retried).toEqual({ ...first, kind: 'replayed' })
  })

  test('the same key with another hash is refused, and books nothing', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const request = aClaim(slot)
    expect(kinds(await claim(database.appPool, request))).toEqual(['booked'])
    const other = retryOf(request, { requestHash: randomUUID() })
    expect(kinds(await claim(database.appPool, other))).toEqual(['key_reused'])
    expect(await takenOf(database, slot)).toEqual([1])
  })

  test('one key in twenty transactions at once, over two slots: all return one booking', async ({ database }) => {
    const [slot, other] = [
      await aSlot(database, doctor, { capacity: 50 }),
      await aSlot(database, doctor, { capacity: 50 }),
    ]
    const request = aClaim(slot)
    const locks = [await holdSlotLock(database, slot), await holdSlotLock(database, other)]
    const queues = Array.from({ length: 20 }, () => queueOf((items) => run(database.appPool, items)))
    const racing = Promise.all(
      queues.map((queue, n) =>
        queue.submit(retryOf(request, n % 5 === 4 ? { slotId: other.id, requestHash: randomUUID() } : {})),
      ),
    )
    await untilLockWaiters(database, 20)
    await Promise.all(locks.map((lock) => lock.release()))
    const outcomes = await racing
    const counted = outcomes.reduce<Record<string, number>>(
      (counts, { kind }) => Object.assign(counts, { [kind]: (counts[kind] ?? 0) + 1 }),
      {},
    )
    expect(counted.booked ?? 0).toBe(1)
    expect(sum(await takenOf(database, slot, other))).toBe(1)
    expect((counted.replayed ?? 0) + (counted.key_reused ?? 0)).toBe(19)
    expect(await checkHistory(database)).toEqual([])
  })

  test('a connection lost after COMMIT: sent again, booked, as the caller has no result', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    const request = aClaim(slot)
    let runs = 0
    const queue = queueOf(async (items) => {
      const results = await run(database.appPool, items)
      runs += 1
      if (runs === 1) throw Object.assign(new Error('Connection terminated unexpectedly'))
      return results
    })
    expect(await queue.submit(request)).toMatchObject({ kind: 'booked', booking: { id: request.bookingId } })
    expect(runs).toBe(2)
    expect(await takenOf(database, slot)).toEqual([1])
  })

  test('a booking id sent twice with two keys is a bug: the second fails, and takes no units', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const request = aClaim(slot)
    await claim(database.appPool, request)
    await expect(claim(database.appPool, { ...request, key: randomUUID() })).rejects.toMatchObject({ code: '23505' })
    expect(await takenOf(database, slot)).toEqual([1])
  })
})

test('one key twice in a batch: one booking, and the other is sent again', async ({ database }) => {
  const slot = await aSlot(database, doctor, { capacity: 5 })
  const request = aClaim(slot)
  expect(kinds(await together.claim(database.appPool, request, retryOf(request)))).toEqual(['booked', 'retry'])
  expect(await takenOf(database, slot)).toEqual([1])
})

test('one key twice in a batch on the last unit: the other, resent, gets it, not slot_full', async ({ database }) => {
  const slot = await aSlot(database, doctor)
  const request = aClaim(slot)
  const outcomes = await together.claim(database.appPool, request, retryOf(request), aClaim(slot))
  expect(kinds(outcomes)).toEqual(['booked', 'retry', 'slot_full'])
  const again = await together.claim(database.appPool, retryOf(request))
  expect(again).toMatchObject([{ kind: 'replayed', booking: { id: request.bookingId } }])
})

describe('two lone claims with one key at once', () => {
  /** Both have read the slots and no key; returns the outcomes in the order in which they locked their slots. */
  async function race(
    database: TestDatabase,
    requests: [ClaimRequest, ClaimRequest],
    slots: { id: string; clinicNo: number }[],
  ) {
    const locks = await Promise.all(slots.map((slot) => holdSlotLock(database, slot)))
    const racing: Promise<(ClaimOutcome | 'retry')[]>[] = []
    for (const request of requests) {
      racing.push(alone.claim(database.appPool, request))
      await untilLockWaiters(database, racing.length)
    }
    await Promise.all(locks.map((lock) => lock.release()))
    return (await Promise.all(racing)).flat()
  }

  test.for([
    { hash: 'the same hash', place: 'the same slot', after: 'replayed' },
    { hash: 'another hash', place: 'the same slot', after: 'key_reused' },
    { hash: 'the same hash', place: 'another slot', after: 'replayed' },
    { hash: 'another hash', place: 'another slot', after: 'key_reused' },
  ])('$hash, $place: one is booked, the other is sent again: $after', async ({ hash, place, after }, { database }) => {
    const slot = await aSlot(database, doctor, { capacity: 5 })
    const other = place === 'another slot' ? await aSlot(database, doctor, { capacity: 5 }) : slot
    const first = aClaim(slot, { units: 2 })
    const second = retryOf(first, {
      slotId: other.id,
      units: 3,
      ...(hash === 'another hash' ? { requestHash: randomUUID() } : {}),
    })
    const slots = slot === other ? [slot] : [slot, other]
    const outcomes = await race(database, [first, second], slots)
    expect(kinds(outcomes).sort()).toEqual(['booked', 'retry'])
    const [won, lost] = kinds(outcomes)[0] === 'booked' ? [first, second] : [second, first]
    expect(sum(await takenOf(database, ...slots))).toBe(won.units)
    const [outcome] = await alone.claim(database.appPool, lost)
    expect(outcome).toMatchObject(
      after === 'replayed' ? { kind: after, booking: { id: won.bookingId } } : { kind: after },
    )
    expect(sum(await takenOf(database, ...slots))).toBe(won.units)
    expect(await checkHistory(database)).toEqual([])
  })

  test('on the last unit, the other gets the first booking: it is replayed, not refused', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    const first = aClaim(slot)
    const outcomes = await race(database, [first, retryOf(first)], [slot])
    expect(outcomes).toMatchObject([{ kind: 'booked' }, { kind: 'replayed', booking: { id: first.bookingId } }])
    expect(await takenOf(database, slot)).toEqual([1])
  })

  test('the first rolls back: the other, already waiting for the key, is booked', async ({ database }) => {
    const [slot, other] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const first = aClaim(slot)
    const client = await database.appPool.connect()
    await client.query('begin')
    const pool = Object.assign(Object.create(database.appPool), { query: client.query.bind(client) })
    expect(kinds(await alone.claim(pool, first))).toEqual(['booked'])
    const waiting = alone.claim(database.appPool, retryOf(first, { slotId: other.id }))
    await untilLockWaiters(database, 1)
    await client.query('rollback')
    client.release()
    expect(kinds(await waiting)).toEqual(['booked'])
    expect(await takenOf(database, slot, other)).toEqual([0, 1])
  })
})

describe('negative controls: the slot is locked before the key, and a lost key gives the units back', () => {
  /** Two lone claims on one slot with one key; returns verify's findings for the slot. */
  async function findings(its: TestDatabase) {
    const clinic = await aClinic(its)
    const slot = await aSlot(its, await aDoctor(its, clinic), { capacity: 5 })
    const request = aClaim(slot, { units: 2 })
    const lock = await holdSlotLock(its, slot)
    const racing = Promise.all(
      [request, { ...request, bookingId: newId(slot.clinicNo) }].map((one) => alone.claim(its.appPool, one)),
    )
    await lock.releaseOnce(2)
    expect(kinds((await racing).flat()).sort()).toEqual(['booked', 'retry'])
    const { details } = await verify(its.appPool, { clinicNo: clinic.no, detailsMax: 10 })
    return details.map(({ kind, message }) => ({ kind, message }))
  }

  test('units that are not given back with a lost key are found by verify', async ({ database }) => {
    const planted = await createTestDatabase()
    await neverReadAgain(planted)
    await plantFunction(planted, 'claim_slot', {
      part: /(on conflict do nothing;\s+if not found then\s+--[^\n]*\n)\s+update slot [^;]*;/,
      becomes: '$1',
    })
    expect(await findings(planted)).toEqual([
      { kind: 'taken_differs', message: 'taken is 4, its bookings have 2 units' },
    ])
    expect(await checkHistory(planted)).toEqual([expect.stringMatching(/taken is 4, the log says 2/)])
    await planted.drop()
    expect(await findings(database)).toEqual([])
  })

  /** A batch waits for the slot, then a lone claim with the same key; then the slot is released. */
  async function keyRace(its: TestDatabase) {
    const slot = await aSlot(its, await aDoctor(its, await aClinic(its)), { capacity: 5 })
    const request = aClaim(slot)
    const lock = await holdSlotLock(its, slot)
    const batch = together.claim(its.appPool, request)
    await untilLockWaiters(its, 1)
    const one = alone.claim(its.appPool, { ...request, bookingId: newId(slot.clinicNo) })
    await lock.releaseOnce(2)
    const results = await Promise.allSettled([batch, one])
    return results.map((result) => (result.status === 'fulfilled' ? kinds(result.value)[0] : result.reason.code))
  }

  test('a key taken before the slot deadlocks with a batch; taken after it, it never does', async ({ database }) => {
    const planted = await createTestDatabase()
    await neverReadAgain(planted)
    const insert = /\binsert into idempotency[^;]*;/
    const early = 'insert into idempotency values (p_clinic_no, p_key, p_hash, p_id, v_now) on conflict do nothing;'
    await plantFunction(
      planted,
      'claim_slot',
      { part: insert, becomes: '' },
      { part: /\bupdate slot s\b/, becomes: `${early}\n$&` },
    )
    expect(await keyRace(planted)).toContain('40P01')
    await planted.drop()
    expect(await keyRace(database)).toEqual(['booked', 'retry'])
  })
})

test('a repetition whose booking is gone, as while its clinic is moved, is sent again', async ({ database }) => {
  const slot = await aSlot(database, doctor)
  const request = aClaim(slot)
  expect(await runClaimBatch(database.appPool, [request])).toMatchObject([{ outcome: { kind: 'booked' } }])
  const gone = [slot.clinicNo, request.bookingId]
  await database.ownerPool.query('delete from holdfast.booking_event where clinic_no = $1 and booking_id = $2', gone)
  const again = { ...request, bookingId: newId(slot.clinicNo) }
  expect(await runClaimBatch(database.appPool, [again])).toEqual([{ kind: 'retry' }])
})
