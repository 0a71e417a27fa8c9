import { until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { databaseProxy } from '../../test/database-proxy.ts'
import { aCalendar, book } from '../../test/live-calendar.ts'
import { call, serverOn } from '../../test/running-server.ts'

test('lists whose reads hang are stale, not errors, until new connections have replaced those that hang', async ({
  database,
}) => {
  const proxy = await databaseProxy(database.appUrl)
  const server = await serverOn({ ownerUrl: database.ownerUrl, appUrl: proxy.url })
  const { doctor, slot } = await aCalendar(database, [server.url], { capacity: 40 })
  const day = slot.startsAt.toISOString().slice(0, 10)
  const list = () => call(`${server.url}/api/v1/doctors/${doctor.id}/slots?from=${day}&to=${day}`)
  // The connections that these requests opened are the ones that hang; the writes opened both of the tail's.
  await Promise.all(Array.from({ length: 20 }, () => list()))
  await Promise.all(Array.from({ length: 20 }, () => book(server.url, slot)))
  proxy.hang()
  const statuses = new Set<number>()
  const untilList = (isStale: boolean) =>
    until(
      async () => {
        const response = await list()
        statuses.add(response.status)
        return (response.body.stale === true) === isStale ? true : undefined
      },
      () => `a list that is ${isStale ? '' : 'not '}stale`,
    )
  await untilList(true)
  // New connections are forwarded: the server has to give up those that hang.
  await untilList(false)
  expect([...statuses]).toEqual([200])
  await proxy.end()
  await server.stop()
})
