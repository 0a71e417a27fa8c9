import { until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { inShard } from '../database/database-url.ts'
import { listenForWakes, wakeChannelOf } from './listen-for-wakes.ts'
import { createWaker } from './wake-others.ts'

test.for([
  ['with a name, it is woken by the notifications of others', 'mine', 2],
  ['without a name, it is woken by all notifications', null, 3],
] as const)('%s, and once for what it may have missed', async ([, ownName, wakes], { database }) => {
  const notify = (payload: string) =>
    database.appPool.query('select pg_notify($1, $2)', [wakeChannelOf(database.sessionUrl), payload])
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

test('a notification of one shard wakes who listens in it, and nobody in another shard', async ({ database }) => {
  const { appPool, sessionUrl } = database
  const [here, there] = [inShard(sessionUrl, 'holdfast_1'), inShard(sessionUrl, 'holdfast_2')]
  const woken = { here: 0, there: 0 }
  const stop = new AbortController()
  const listening = [
    listenForWakes(here, null, () => (woken.here += 1), stop.signal),
    listenForWakes(there, null, () => (woken.there += 1), stop.signal),
  ]
  const untilWoken = (place: keyof typeof woken, times: number) =>
    until(
      async () => (woken[place] >= times ? true : undefined),
      () => `${place} woken ${times} times, not ${woken[place]}`,
    )
  await Promise.all([untilWoken('here', 1), untilWoken('there', 1)])
  createWaker(appPool, there).wakeOthers()
  await untilWoken('there', 2)
  createWaker(appPool, here).wakeOthers()
  await untilWoken('here', 2)
  expect(woken).toEqual({ here: 2, there: 2 })
  stop.abort()
  await Promise.all(listening)
})
