import {
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltDoctor,
  checkHistory,
  claimWays,
  holdSlotLock,
  kinds,
  neverReadAgain,
  plantFunction,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import type { ClaimOutcome } from '../model/claim.ts'
import { runClaimBatch } from './claim-batch.ts'

let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  doctor = await aDoctor(database, await aClinic(database))
})

const { alone, together } = claimWays(runClaimBatch)

describe.each([alone, together])('the last place, claimed $way', ({ sqlFunction, claim }) => {
  test('two claims on the last unit in turn: the first is booked, the other gets slot_full', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    expect(kinds(await claim(database.appPool, aClaim(slot), aClaim(slot)))).toEqual(['booked', 'slot_full'])
    expect(await takenOf(database, slot)).toEqual([1])
  })

  test('two transactions want the last unit at once: one is booked, the other gets slot_full', async ({ database }) => {
    const slot = await aSlot(database, doctor)
    const lock = await holdSlotLock(database, slot)
    const outcomes = Promise.all([1, 2].map(() => claim(database.appPool, aClaim(slot))))
    await lock.releaseOnce(2)
    expect(kinds((await outcomes).flat()).sort()).toEqual(['booked', 'slot_full'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('negative control: without the guard the race is real, and only the constraint stops it', async () => {
    // Both read one free unit; the test's lock on the slot simulates the time between reading and writing.
    const guards = {
      claim_slot: / and s\.taken \+ p_units <= s\.capacity/,
      claim_slots: /\s+for update(?=\) q)/,
    }
    const unguarded = await anotherDatabase()
    await plantFunction(unguarded, sqlFunction, { part: guards[sqlFunction], becomes: '' })
    // The wait for the test's lock is long; it must not make them read again.
    await neverReadAgain(unguarded)
    const doctor = await aDoctor(unguarded, await aClinic(unguarded))
    const race = async () => {
      const slot = await aSlot(unguarded, doctor)
      const lock = await holdSlotLock(unguarded, slot)
      const racing = Promise.allSettled([1, 2].map(() => claim(unguarded.appPool, aClaim(slot))))
      await lock.releaseOnce(2)
      return racing
    }
    const results = await race()
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({
      reason: { constraint: 'slot_never_overbooked' },
    })
    expect(await checkHistory(unguarded)).toEqual([])

    await unguarded.ownerPool.query('alter table holdfast.slot drop constraint slot_never_overbooked')
    expect(await race()).toMatchObject([{ value: [{ kind: 'booked' }] }, { value: [{ kind: 'booked' }] }])
    expect(await checkHistory(unguarded)).toEqual([expect.stringMatching(/has 2 of 1 units taken/)])
  })

  test('units are counted, by one and by several', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 5 })
    const [first, second] = [aClaim(slot, { units: 3 }), aClaim(slot, { units: 2 })]
    expect(kinds(await claim(database.appPool, first, second, aClaim(slot)))).toEqual(['booked', 'booked', 'slot_full'])
    expect(await takenOf(database, slot)).toEqual([5])
    const { rows } = await database.ownerPool.query(sql`select b.units, e.units as logged from holdfast.booking b
        join holdfast.booking_event e on e.booking_id = b.id where b.slot_id = ${slot.id} order by 1`)
    expect(rows).toEqual([
      { units: 2, logged: 2 },
      { units: 3, logged: 3 },
    ])
  })

  test('two transactions want three of five units: one is booked, and two units are left', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 5 })
    const lock = await holdSlotLock(database, slot)
    const outcomes = Promise.all([1, 2].map(() => claim(database.appPool, aClaim(slot, { units: 3 }))))
    await lock.releaseOnce(2)
    expect(kinds((await outcomes).flat()).sort()).toEqual(['booked', 'slot_full'])
    expect(await takenOf(database, slot)).toEqual([3])
    expect(kinds(await claim(database.appPool, aClaim(slot, { units: 2 })))).toEqual(['booked'])
  })
})

describe('a lone claim and a batch on the last unit', () => {
  test.for([
    { first: 'the lone claim', order: [alone, together] },
    { first: 'the batch', order: [together, alone] },
  ])('$first waits first, and is booked; the other gets slot_full', async ({ order }, { database }) => {
    const [slot, beside] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const lock = await holdSlotLock(database, slot)
    const racing: Promise<(ClaimOutcome | 'retry')[]>[] = []
    for (const { claim } of order) {
      racing.push(claim(database.appPool, aClaim(slot)))
      await untilLockWaiters(database, racing.length)
    }
    // A batch locks all its slots before it books any: its claim for another slot waits too.
    racing.push(together.claim(database.appPool, aClaim(slot), aClaim(beside)))
    await lock.releaseOnce(3)
    expect((await Promise.all(racing)).map(kinds)).toEqual([['booked'], ['slot_full'], ['slot_full', 'booked']])
    expect(await takenOf(database, slot)).toEqual([1])
    expect(await checkHistory(database)).toEqual([])
  })

  test('of four, three, and two and one in a batch: what fits is booked in lock order', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 4 })
    const lock = await holdSlotLock(database, slot)
    const large = alone.claim(database.appPool, aClaim(slot, { units: 3 }))
    await untilLockWaiters(database, 1)
    const batch = together.claim(database.appPool, aClaim(slot), aClaim(slot, { units: 2 }))
    await lock.releaseOnce(2)
    expect(kinds((await Promise.all([large, batch])).flat())).toEqual(['booked', 'booked', 'slot_full'])
    expect(await takenOf(database, slot)).toEqual([4])
  })
})

describe('in a batch', () => {
  test('a smaller request behind a larger one that does not fit is sent again, not refused', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const [first, large, small] = [aClaim(slot, { units: 2 }), aClaim(slot, { units: 2 }), aClaim(slot)]
    expect(kinds(await together.claim(database.appPool, first, large, small))).toEqual(['booked', 'slot_full', 'retry'])
    expect(kinds(await alone.claim(database.appPool, small))).toEqual(['booked'])
    expect(await takenOf(database, slot)).toEqual([3])
  })

  test('batches for the same slots in opposite order, and lone claims between: no deadlock', async ({ database }) => {
    const slots = await Promise.all(
      Array.from({ length: 8 }, async () =>
        aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 1000 }),
      ),
    )
    const batches = Array.from({ length: 40 }, (_, n) =>
      (n % 2 === 0 ? slots : slots.toReversed()).map((slot) => aClaim(slot)),
    )
    const outcomes = await Promise.all(
      batches.map((batch, n) => (n % 4 === 3 ? alone : together).claim(database.appPool, ...batch)),
    )
    expect(new Set(kinds(outcomes.flat()))).toEqual(new Set(['booked']))
    expect(await takenOf(database, ...slots)).toEqual(slots.map(() => 40))
  })
})
