import { until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { EventTail } from './event-tail.ts'
import { listenForWakes, wakeChannel } from './listen-for-wakes.ts'
import { createWaker } from './wake-others.ts'

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
      async () => woken >= times,
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

test('a tail that is led to a server that it could not reach is woken from there', async ({ database }) => {
  const { appPool, sessionUrl } = database
  const nowhere = changeDatabaseUrl(sessionUrl, { host: '/nonexistent' })
  let reads = 0
  const tail = await EventTail.start({ pool: appPool, listenUrl: nowhere, idleMs: 600_000, onRead: () => (reads += 1) })
  tail.relocate(sessionUrl)
  const waker = createWaker(appPool)
  // More often than the start, the new address and the new connection wake it.
  await until(
    async () => {
      waker.wakeOthers()
      return reads > 10
    },
    () => `11 reads, not ${reads}`,
  )
  await tail.stop()
})
