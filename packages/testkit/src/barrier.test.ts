import { expect } from 'vitest'
import { holdLock, holdSlotLock, until, untilLockWaiters } from './barrier.ts'
import { aClinic, aDoctor, aSlot, type BuiltSlot } from './builders.ts'
import { test } from './database-test.ts'

let slot: BuiltSlot

test.beforeAll(async ({ database }) => {
  slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 9 })
})

test('sessions that wait for a slot are seen waiting, and continue when it is released', async ({ database }) => {
  const held = await holdSlotLock(database, slot)
  const done: number[] = []
  const waiting = [1, 2, 3].map(async (number) => {
    await database.ownerPool.query('update holdfast.slot set taken = taken + 1 where id = $1', [slot.id])
    done.push(number)
  })
  await untilLockWaiters(database, 3)
  expect(done).toEqual([])
  await held.release()
  await Promise.all(waiting)
  expect(done).toHaveLength(3)
})

test('advisory locks and whole tables can be held, and released twice', async ({ database }) => {
  for (const statement of ['select pg_advisory_xact_lock(7)', 'lock table holdfast.slot in share mode']) {
    const held = await holdLock(database.ownerPool, statement)
    const second = holdLock(database.ownerPool, statement.replace('share', 'row exclusive'))
    await held.releaseOnce(1)
    await held.release()
    await (await second).release()
  }
})

test('a statement that fails holds nothing', async ({ database }) => {
  await expect(holdLock(database.ownerPool, 'select 1 / 0')).rejects.toThrow('division by zero')
})

test('a wait without success ends at the deadline and names what it waited for', async () => {
  for (const nothing of [undefined, false] as const) {
    const waiting = until(async () => nothing, 'a second moon', 20)
    await expect(waiting).rejects.toThrow('Not within 20 ms: a second moon')
  }
})
