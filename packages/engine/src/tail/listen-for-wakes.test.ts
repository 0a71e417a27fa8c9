import { until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { inShard } from '../database/database-url.ts'
import { EventTail } from './event-tail.ts'
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

test('a tail that is led to another server is woken from there, and listens nowhere else', async ({ database }) => {
  const { appPool, ownerPool, sessionUrl } = database
  const [former, now] = [inShard(sessionUrl, 'holdfast_1'), inShard(sessionUrl, 'holdfast_2')]
  let reads = 0
  const tail = await EventTail.start({ pool: appPool, listenUrl: former, idleMs: 600_000, onRead: () => (reads += 1) })
  const listeners = async () => {
    const { rows } = await ownerPool.query<{ query: string }>(
      "select query from pg_stat_activity where datname = current_database() and query like 'listen %' order by 1",
    )
    return rows.map(({ query }) => query)
  }
  const untilListening = (shard: string) =>
    until(
      async () => ((await listeners()).join() === `listen ${shard}_log` ? true : undefined),
      () => `listening in ${shard}`,
    )
  await untilListening('holdfast_1')
  tail.relocate(now)
  await untilListening('holdfast_2')
  const before = reads
  createWaker(appPool, now).wakeOthers()
  await until(
    async () => (reads > before ? true : undefined),
    () => 'woken in holdfast_2',
  )
  await tail.stop()
  await until(
    async () => ((await listeners()).length === 0 ? true : undefined),
    () => 'nobody to listen',
  )
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
