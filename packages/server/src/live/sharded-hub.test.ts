import { parsePositions, shardOfEpoch } from '@holdfast/contract/position'
import { clinicNoIn, newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type BuiltSlot, until } from '@holdfast/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type LiveShard, type ShardedLiveApp, shardedLiveApp } from '../../test/live-app.ts'
import { untilCaughtUp } from '../../test/live-calendar.ts'
import { liveClient } from '../../test/live-client.ts'
import { eventsClient } from '../../test/live-events-client.ts'
import { call } from '../../test/running-server.ts'
import type { LiveSettings } from './live-settings.ts'

// The tail's horizon covers the whole PostgreSQL server: a transaction of another test file delays messages.
const notifiedMsMax = 45_000

let app: ShardedLiveApp | undefined
afterEach(() => app?.stop())

/** Two shards with a doctor each, and a slot of five units. Both tails have read them. */
async function start(settings: Partial<LiveSettings> = {}) {
  app = await shardedLiveApp(settings)
  const [here, there] = [await aSlotIn(app.shards[0]), await aSlotIn(app.shards[1])]
  const [hereId, thereId] = [here.doctorId, there.doctorId]
  const untilRead = async (of: ShardedLiveApp) => {
    await untilCaughtUp(of.shards[0].database, of.url, hereId)
    await untilCaughtUp(of.shards[1].database, of.url, thereId)
  }
  await untilRead(app)
  const { url, hub, shards } = app
  const eventsUrl = `${url}/api/v1/live/events?doctorIds=${hereId},${thereId}`
  return { app, url, hub, shards, here, there, hereId, thereId, eventsUrl, untilRead }
}

async function aSlotIn({ database }: LiveShard): Promise<BuiltSlot> {
  return aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 5 })
}

const shardsOf = (positions: string) =>
  (parsePositions(positions) ?? []).map(({ epoch }) => shardOfEpoch(epoch)).toSorted((a, b) => a - b)

describe('a connection that follows doctors of two shards', () => {
  test('receives the changes of both by WebSocket, with a position of each', async () => {
    const { url, shards, here, there, hereId, thereId } = await start()
    const client = await liveClient(url)
    client.send({ type: 'subscribe', doctorIds: [hereId, thereId] })
    await until(async () => client.received[1], 'two messages')
    const subscribed = client.received.map(({ message }) => message)
    expect(subscribed).toMatchObject([
      { type: 'subscribed', doctorIds: [hereId] },
      { type: 'subscribed', doctorIds: [thereId] },
    ])
    await aBooking(shards[0].database, here)
    await client.untilAvailable(here.id, 4, notifiedMsMax)
    await aBooking(shards[1].database, there, { units: 3 })
    await client.untilAvailable(there.id, 2, notifiedMsMax)
    const last = client.received.at(-1)?.message
    expect('position' in (last ?? {}) && shardsOf((last as { position: string }).position)).toEqual([102_008, 102_009])
    client.send({ type: 'unsubscribe', doctorIds: [hereId] })
    await client.waitFor('unsubscribed')
    await aBooking(shards[0].database, here)
    await aBooking(shards[1].database, there)
    await client.untilAvailable(there.id, 1, notifiedMsMax)
    expect(client.availableOf(here.id)).toBe(4)
    await client.end()
  })

  test('resumes in both with the last id of its events: it receives what changed, and nothing else', async () => {
    const { app, shards, here, there, eventsUrl, untilRead } = await start()
    const before = await eventsClient(eventsUrl)
    await until(async () => before.received[1], 'two events')
    const id = before.lastEventId() ?? ''
    await before.end()
    expect(shardsOf(id)).toEqual([102_008, 102_009])
    await aBooking(shards[0].database, here)
    await aBooking(shards[1].database, there, { units: 3 })
    await untilRead(app)
    const client = await eventsClient(eventsUrl, { 'last-event-id': id })
    await until(
      async () => client.received[3],
      () => `four events, not ${JSON.stringify(client.received)}`,
    )
    expect(client.received.map(({ event, data }) => [event, data.items])).toEqual(
      expect.arrayContaining([
        ['subscribed', undefined],
        ['slots', [{ id: here.id, available: 4 }]],
        ['slots', [{ id: there.id, available: 2 }]],
      ]),
    )
    expect(client.received.filter(({ event }) => event === 'resync')).toEqual([])
    // It has all of them now.
    expect(shardsOf(client.lastEventId() ?? '')).toEqual([102_008, 102_009])
    await client.end()
  })

  test('resumes in the one whose position it has, and reads the lists of the other again', async () => {
    const { app, url, shards, here, there, hereId, thereId, untilRead } = await start()
    const first = await liveClient(url)
    const { position } = await first.subscribe([hereId])
    await first.end()
    expect(shardsOf(position)).toEqual([102_008])
    await aBooking(shards[0].database, here)
    await aBooking(shards[1].database, there)
    await untilRead(app)
    const client = await liveClient(url)
    await client.subscribe([hereId, thereId], position)
    expect(await client.waitFor('resync')).toMatchObject({ doctorIds: [thereId] })
    await client.untilAvailable(here.id, 4)
    // Only the lists have what changed there.
    expect(client.availableOf(there.id)).toBeUndefined()
    await client.end()
  })
})

describe('doctors who do not exist', () => {
  test('of any shard, and ids of no shard, are reported together; the others are followed', async () => {
    const { url, hub, here, there, hereId, thereId } = await start()
    const nobody = '0192f8a0-0000-8000-8000-000000000000'
    const unknown = [newId(there.clinicNo), nobody, newId(here.clinicNo), newId(12_345_678)]
    const client = await liveClient(url)
    client.send({ type: 'subscribe', doctorIds: [...unknown, thereId, hereId] })
    expect(await client.waitFor('error')).toMatchObject({ code: 'doctor_not_found', doctorIds: unknown })
    client.send({ type: 'subscribe', doctorIds: unknown })
    const errors = () => client.received.filter(({ message }) => message.type === 'error')
    await until(async () => errors()[1], 'a second error')
    expect(errors()[1]?.message).toMatchObject({ code: 'doctor_not_found', doctorIds: unknown })
    expect([hub.figures.subscriptions, hub.figures.connections.socket]).toEqual([2, 1])
    await client.end()
    const events = (ids: string[]) => call(`${url}/api/v1/live/events?doctorIds=${ids.join()}`)
    expect(await events(unknown)).toMatchObject({ status: 404, body: { code: 'doctor_not_found' } })
    expect(await events([nobody])).toMatchObject({ status: 404 })
    await until(async () => hub.figures.connections.socket + hub.figures.connections.events === 0, 'no connections')
    expect(hub.figures.subscriptions).toBe(0)
  })
})

describe('the limits of a connection', () => {
  test('doctors are counted over both shards', async () => {
    const { url, hub, shards, hereId, thereId } = await start({ doctorsPerConnectionMax: 2 })
    const other = (await aSlotIn(shards[1])).doctorId
    const client = await liveClient(url)
    // The control: as many as allowed.
    await client.subscribe([hereId])
    await client.subscribe([thereId])
    client.send({ type: 'subscribe', doctorIds: [other] })
    expect(await client.waitFor('error')).toMatchObject({ code: 'too_many_doctors' })
    expect(hub.figures.subscriptions).toBe(2)
    client.send({ type: 'unsubscribe', doctorIds: [hereId] })
    await client.waitFor('unsubscribed')
    await client.subscribe([other, thereId])
    expect(hub.figures.subscriptions).toBe(2)
    await client.end()
  })

  test('unread bytes of one shard hold back the messages of the other, until they are read', async () => {
    const { hub, shards, here, there, hereId, thereId } = await start({ bufferedBytesMax: 1_000, messageMs: 1 })
    const received: string[] = []
    let unread = 0
    const connection = hub.connect({
      kind: 'socket',
      send: ({ message }) => received.push(`${message.type} ${JSON.stringify(message)}`),
      bufferedBytes: () => unread,
      end: () => undefined,
      destroy: () => undefined,
      beat: () => undefined,
    })
    await hub.subscribe(connection, [hereId, thereId], null)
    // The messages of the first shard have not been read.
    unread = 1_001
    expect([connection.isFull, hub.bufferedBytes]).toEqual([true, 1_001])
    await aBooking(shards[1].database, there)
    await until(async () => hub.figures.dropped === 1, 'a message that is not sent', notifiedMsMax)
    expect(received).toHaveLength(2)
    unread = 0
    const resync = await until(async () => received[2], 'a resync')
    expect(resync).toMatch(/^resync/)
    expect(resync).toContain(thereId)
    // The control: this shard was not behind, and sends what changes.
    await aBooking(shards[0].database, here)
    expect(await until(async () => received[3], 'the slots of the first shard', notifiedMsMax)).toContain(here.id)
    hub.disconnect(connection)
  })

  test('there is one heartbeat, with the positions of both', async () => {
    const heartbeatMs = 250
    const { url, hub, hereId, thereId, eventsUrl } = await start({ heartbeatMs })
    const beganMs = performance.now()
    const [client, events] = [await liveClient(url), await eventsClient(eventsUrl)]
    let pings = 0
    client.socket.on('ping', () => {
      pings += 1
    })
    client.send({ type: 'subscribe', doctorIds: [hereId, thereId] })
    await until(async () => pings >= 6 && events.comments() >= 6, 'six heartbeats')
    // Each takes at least 0.8 of the time: twice as many come in less.
    const tookMs = performance.now() - beganMs
    expect(Math.max(pings, events.comments())).toBeLessThanOrEqual(tookMs / (0.8 * heartbeatMs))
    expect(shardsOf(events.lastEventId() ?? '')).toEqual([102_008, 102_009])
    expect(hub.figures.connections).toEqual({ socket: 1, events: 1 })
    await Promise.all([client.end(), events.end()])
  })
})

test('when a shard cannot be read, nothing changes in the others', async () => {
  const { url, hub, shards, hereId, thereId, eventsUrl } = await start()
  shards[1].setAway(true)
  const client = await liveClient(url)
  client.send({ type: 'subscribe', doctorIds: [hereId, thereId] })
  expect(await client.waitFor('error')).toMatchObject({ code: 'unavailable' })
  expect(await call(eventsUrl)).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect([client.received.length, hub.figures.subscriptions, shards[0].calendar.figures.doctors]).toEqual([1, 0, 0])
  // The control: the doctors of the other shard can be followed meanwhile.
  await client.subscribe([hereId])
  expect(shards[0].calendar.figures.doctors).toBe(1)
  shards[1].setAway(false)
  await client.subscribe([thereId])
  expect(hub.figures.subscriptions).toBe(2)
  await client.end()
})

test('a client that leaves while the shards are read leaves nothing behind', async () => {
  const { hub, shards, hereId, thereId } = await start()
  const transport = { send: vi.fn(), bufferedBytes: () => 0, end: vi.fn(), destroy: vi.fn(), beat: vi.fn() }
  const connection = hub.connect({ kind: 'socket', ...transport })
  const subscribing = hub.subscribe(connection, [hereId, thereId], null)
  hub.disconnect(connection)
  expect(await subscribing).toMatchObject({ kind: 'subscribed' })
  expect(transport.send).not.toHaveBeenCalled()
  expect(hub.figures).toMatchObject({ subscriptions: 0, connections: { socket: 0 } })
  expect(shards.map(({ calendar }) => calendar.figures.doctors)).toEqual([0, 0])
})

test('a client whose clinic moves while the shards are read is asked to try again', async () => {
  const { hub, shards, hereId, thereId } = await start()
  const transport = { send: vi.fn(), bufferedBytes: () => 0, end: vi.fn(), destroy: vi.fn(), beat: vi.fn() }
  const connection = hub.connect({ kind: 'socket', ...transport })
  const subscribing = hub.subscribe(connection, [hereId, thereId], null)
  hub.moved(clinicNoIn(thereId) ?? 0)
  expect(await subscribing).toEqual({ kind: 'unavailable' })
  expect(transport.send).not.toHaveBeenCalled()
  expect(shards.map(({ calendar }) => calendar.figures.doctors)).toEqual([0, 0])
  expect(await hub.subscribe(connection, [hereId, thereId], null)).toMatchObject({ kind: 'subscribed' })
  hub.disconnect(connection)
})

test('a server that stops closes every connection, also one that follows nobody', async () => {
  const { app, url, hereId, thereId, eventsUrl } = await start()
  const [both, nobody] = [await liveClient(url), await liveClient(url)]
  const events = await eventsClient(eventsUrl)
  await both.subscribe([hereId, thereId])
  const closed = Promise.all([both.closed, nobody.closed, events.ended])
  const beganMs = performance.now()
  await app.hub.stop()
  expect((await closed).slice(0, 2)).toMatchObject([{ code: 1001 }, { code: 1001 }])
  // Nobody had to be disconnected by force.
  expect(performance.now() - beganMs).toBeLessThan(1_900)
})
