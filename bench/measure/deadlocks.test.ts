import { createPool } from '@holdfast/engine'
import { untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { deadlocksIn } from './deadlocks.ts'

const application = 'bench deadlock test'
const lock = 'select pg_advisory_xact_lock($1)'

test.for([
  { name: 'two transactions that wait for each other are a deadlock', otherHas: 2, deadlocks: 1 },
  { name: 'two transactions of which one waits for the other are none', otherHas: 3, deadlocks: 0 },
])('$name', async ({ otherHas, deadlocks }, { database }) => {
  const before = await deadlocksIn(database.sessionUrl, application)
  const pool = createPool({ url: database.sessionUrl, max: 2, name: application })
  const [one, other] = [await pool.connect(), await pool.connect()]
  for (const client of [one, other]) await client.query('begin')
  await one.query(lock, [1])
  await other.query(lock, [otherHas])
  const waiting = other.query(lock, [1])
  await untilLockWaiters(database, 1)
  const crossing = one.query(lock, [2])
  const results = await Promise.allSettled([crossing.finally(() => one.query('rollback')), waiting])
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(deadlocks)
  await other.query('rollback')
  for (const client of [one, other]) client.release()
  await pool.end()
  expect((await deadlocksIn(database.sessionUrl, application)) - before).toBe(deadlocks)
})
