import { until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { listenForWakes, wakeChannel } from './listen-for-wakes.ts'

test.for([
  ['with a name, it is woken by the notifications of others', 'mine', 2],
  ['without a name, it is woken by all notifications', null, 3],
] as const)('%s, and once for what it may have missed', async ([, ownName, wakes], { database }) => {
  const notify = (payload: string) => database.appPool.query('select pg_notify($1, $2)', [wakeChannel, payload])
  let woken = 0
  const stop = new AbortController()
  const listening = listenForWakes(database.sessionUrl, ownName, () => (woken += 1), stop.signal)
  const untilWoken = (times: number) =>
    until(
      async () => (woken >= times ? true : undefined),
      () => `woken ${times} times, not ${woken}`,
    )
  await untilWoken(1)
  // Notifications arrive in the order of their commits: after the other's, its own has arrived.
  await notify('mine')
  await notify('another’s')
  await untilWoken(wakes)
  expect(woken).toBe(wakes)
  stop.abort()
  await listening
})
