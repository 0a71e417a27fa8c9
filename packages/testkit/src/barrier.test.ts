import { afterAll, beforeAll, expect, test } from 'vitest'
import { holdLock, holdSlotLock, until, untilLockWaiters } from './barrier.ts'
import { aClinic, aDoctor, aSlot, type BuiltSlot } from './builders.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
let slot: BuiltSlot
beforeAll(async () => {
  database = await createTestDatabase()
  slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 9 })
})
afterAll(() => database.drop())

test('sessions that wait for a slot are seen waiting, and go on when it is released', async () => {
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

test('advisory locks and whole tables can be held, and released twice', async () => {
  for (const statement of ['select pg_advisory_xact_lock(7)', 'lock table holdfast.slot in share mode']) {
    const held = await holdLock(database.ownerPool, statement)
    const second = holdLock(database.ownerPool, statement.replace('share', 'row exclusive'))
    await untilLockWaiters(database, 1)
    await held.release()
    await held.release()
    await (await second).release()
  }
})

test('a statement that fails holds nothing', async () => {
  await expect(holdLock(database.ownerPool, 'select 1 / 0')).rejects.toThrow('division by zero')
})

test('waiting in vain ends at the deadline and says for what', async () => {
  const vain = until(
    async () => undefined,
    () => 'a second moon',
    20,
  )
  await expect(vain).rejects.toThrow('Not within 20 ms: a second moon')
})
