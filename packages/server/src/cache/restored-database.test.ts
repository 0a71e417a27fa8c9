import { aClinic, aDoctor, aSlot, createTestCluster, until } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { book } from '../../test/live-calendar.ts'
import { eventsClient } from '../../test/live-events-client.ts'
import { call, serverOn } from '../../test/running-server.ts'

test('a copy of the database is restored under a running server: lists, live places, positions follow', async () => {
  const cluster = await createTestCluster()
  const slot = await aSlot(cluster, await aDoctor(cluster, await aClinic(cluster)), { capacity: 1_000 })
  const server = await serverOn(cluster)
  const day = slot.startsAt.toISOString().slice(0, 10)
  const read = async (position?: string) => {
    const headers: Record<string, string> = position === undefined ? {} : { 'holdfast-position': position }
    const url = `${server.url}/api/v1/doctors/${slot.doctorId}/slots?from=${day}&to=${day}`
    const response = await call(url, { headers })
    const items = (response.body.items ?? []) as { id: string; available: number }[]
    const available = items.find(({ id }) => id === slot.id)?.available
    return { available, isStale: response.body.stale === true, position: response.headers.get('holdfast-position') }
  }
  const untilAvailable = (available: number) =>
    until(async () => {
      const list = await read()
      return list.available === available && !list.isStale
    }, `${available} units available`)
  const follow = (headers: Record<string, string> = {}) =>
    eventsClient(`${server.url}/api/v1/live/events?doctorIds=${slot.doctorId}`, headers)

  for (let n = 0; n < 3; n += 1) await book(server.url, slot)
  await cluster.stop()
  await cluster.save()
  await cluster.start()
  await untilAvailable(997)
  const live = await follow()
  await live.waitFor('subscribed')
  let lost = ''
  for (let n = 0; n < 20; n += 1) lost = (await book(server.url, slot)).positionText
  expect((await read(lost)).available).toBe(977)
  // The epoch of the first start may be announced late: the resync that counts is of a later one.
  const epochOf = (id: string | null | undefined) => Number(id?.split('.')[0])
  const { rows } = await cluster.ownerPool.query<{ no: string }>('select max(no) as no from holdfast.log_epoch')
  const epochBefore = Number(rows[0]?.no)

  await cluster.stop()
  await cluster.restore()
  await cluster.start()
  await untilAvailable(997)
  const resync = await until(
    async () => live.received.find(({ event, id }) => event === 'resync' && epochOf(id) > epochBefore),
    'a resync of the restored copy',
  )

  // A position of the epoch before: the list is read from the database, and the client gets one of this epoch.
  const again = await read(lost)
  expect(again.available).toBe(997)
  expect(again.position).toMatch(/^\d+\.\d+$/)
  expect(epochOf(again.position)).toBe(epochOf(resync.id))
  expect((await read(again.position ?? '')).position).toBeNull()

  // Everything that is booked now arrives, although the server had seen higher numbers before.
  for (let n = 1; n <= 10; n += 1) {
    const { positionText } = await book(server.url, slot)
    expect(await read(positionText)).toEqual({ available: 997 - n, isStale: false, position: null })
  }
  await until(
    async () => JSON.stringify(live.received.at(-1)?.data.items ?? []).includes('"available":987'),
    'the last booking arrives live',
  )
  const resumed = await follow({ 'last-event-id': lost })
  expect((await resumed.waitFor('subscribed')).id).toBe(lost)
  expect(epochOf((await resumed.waitFor('resync')).id)).toBe(epochOf(resync.id))

  await Promise.all([live.end(), resumed.end()])
  await server.stop()
  await cluster.end()
})
