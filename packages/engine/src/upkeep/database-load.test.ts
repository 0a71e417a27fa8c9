import { aBooking, aDoctor, aSlot, lapseHolds, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { readDatabaseLoad } from './database-load.ts'

test('the application’s role reads the load without rights on statistics, but for lag', async ({ database }) => {
  const { replicationLagSeconds, clockSkewSeconds, ...load } = await readDatabaseLoad(database.appPool)
  expect(Object.entries(load).filter(([, value]) => !Number.isFinite(value) || value < 0)).toEqual([])
  expect(replicationLagSeconds).toBeNaN()
  // Both clocks are the same.
  expect(Math.abs(clockSkewSeconds)).toBeLessThan(1)
  expect(load.connections).toBeGreaterThan(0)
  expect(load.connectionsMax).toBeGreaterThanOrEqual(load.connections)
})

test('holds, and those that have lapsed unmarked, are counted', async ({ database, clinic }) => {
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 3 })
  await aBooking(database, slot, { status: 'PENDING' })
  const other = await aSlot(database, await aDoctor(database, clinic), { capacity: 3 })
  for (const _ of [1, 2]) await aBooking(database, other, { status: 'PENDING' })
  expect(await readDatabaseLoad(database.appPool)).toMatchObject({ activeHolds: 3, lapsedHolds: 0, theatreHolds: 0 })
  await lapseHolds(database, other)
  expect(await readDatabaseLoad(database.appPool)).toMatchObject({ activeHolds: 1, lapsedHolds: 2 })
})

test('a session that waits for a lock is counted while it waits, and a deadlock for ever', async ({ database }) => {
  const read = () => readDatabaseLoad(database.appPool)
  expect(await read()).toMatchObject({ lockWaits: 0, deadlocks: 0 })
  const [one, other] = [await database.appPool.connect(), await database.appPool.connect()]
  await one.query('begin; select pg_advisory_xact_lock(1)')
  await other.query('begin; select pg_advisory_xact_lock(2)')
  const waits = one.query('select pg_advisory_xact_lock(2)').then(
    () => 'locked',
    () => 'deadlock',
  )
  await until(async () => (await read()).lockWaits === 1, 'a session that waits')
  const waitsToo = other.query('select pg_advisory_xact_lock(1)').then(
    () => 'locked',
    () => 'deadlock',
  )
  // The one that PostgreSQL chooses lets the other continue.
  const first = await Promise.race([waits, waitsToo])
  for (const client of [one, other]) void client.query('rollback')
  expect([first, ...(await Promise.all([waits, waitsToo]))]).toContain('deadlock')
  await until(async () => (await read()).deadlocks === 1, 'the deadlock in the statistics')
  for (const client of [one, other]) client.release()
})
