import { createTestDatabase, type TestDatabase, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenForWakes, wakeChannel } from './listen-for-wakes.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const notify = (payload: string) => database.appPool.query('select pg_notify($1, $2)', [wakeChannel, payload])

test.each([
  ['its own', 'mine', 2],
  ['nobody’s', null, 3],
])('with %s name it is woken by others, and once for what it may have missed', async (_whose, ownName, wakes) => {
  let woken = 0
  const stop = new AbortController()
  const listening = listenForWakes(database.appUrl, ownName, () => (woken += 1), stop.signal)
  const untilWoken = (times: number) =>
    until(
      async () => (woken >= times ? true : undefined),
      () => `woken ${times} times, not ${woken}`,
    )
  await untilWoken(1)
  // Notifications come in the order of their commits: once the other's is here, our own has been.
  await notify('mine')
  await notify('another’s')
  await untilWoken(wakes)
  expect(woken).toBe(wakes)
  stop.abort()
  await listening
})
