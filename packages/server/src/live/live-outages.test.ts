// Nightly: each outage of live updates
import { type DatabaseProxy, databaseProxy, until } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import { aCalendar, book } from '../../test/live-calendar.ts'
import { liveClient, refusedHandshake } from '../../test/live-client.ts'
import { eventsClient } from '../../test/live-events-client.ts'
import { runningServer, serverOn, settingsFor } from '../../test/running-server.ts'
import { serverProcess } from '../../test/server-process.ts'

describe('a server that stops', () => {
  test('closes all connections, does not wait for unresponsive clients, and ends', async () => {
    const server = await runningServer()
    const { doctor } = await aCalendar(server.database, [server.url])
    const sockets = await Promise.all(Array.from({ length: 3 }, () => liveClient(server.url)))
    const events = await eventsClient(`${server.url}/api/v1/live/events?doctorIds=${doctor.id}`)
    for (const client of sockets) await client.subscribe([doctor.id])
    const [deaf] = sockets
    deaf?.socket.pause()
    const beganMs = performance.now()
    const stopped = server.stop()
    for (const client of sockets.slice(1)) {
      expect(await client.closed).toEqual({ code: 1001, reason: 'This server is stopping: connect again.' })
    }
    await events.ended
    await stopped
    // Less than the time for which a server waits for requests in flight.
    expect(performance.now() - beganMs).toBeLessThan(25_000)
    deaf?.socket.resume()
    deaf?.socket.terminate()
    await server.end()
  })

  test('the process exits on SIGTERM', async () => {
    const server = await runningServer()
    const { doctor } = await aCalendar(server.database, [server.url])
    const child = await serverProcess(settingsFor(server.database))
    const client = await liveClient(child.url)
    await client.subscribe([doctor.id])
    expect(await child.end('SIGTERM')).toBe(0)
    expect(await client.closed).toMatchObject({ code: 1001 })
    await server.end()
  })
})

describe('a server that loses its database', () => {
  const away = async (proxy: DatabaseProxy, url: string, doctorId: string) => {
    await proxy.cut()
    // A doctor without subscribers has to be read from the database.
    const client = await liveClient(url)
    client.send({ type: 'subscribe', doctorIds: [doctorId] })
    expect(await client.waitFor('error')).toMatchObject({ code: 'unavailable' })
    await client.end()
  }

  test('keeps its connections, and sends them resync and the changes when it is back', async () => {
    const server = await runningServer()
    const proxy = await databaseProxy(server.database.appUrl)
    const cutOff = await serverOn({ ownerUrl: server.database.ownerUrl, appUrl: proxy.url })
    const [followed, other] = [
      await aCalendar(server.database, [cutOff.url], { capacity: 3 }),
      await aCalendar(server.database, [cutOff.url]),
    ]
    const client = await liveClient(cutOff.url)
    await client.subscribe([followed.doctor.id])
    const events = await eventsClient(`${cutOff.url}/api/v1/live/events?doctorIds=${followed.doctor.id}`)
    await away(proxy, cutOff.url, other.doctor.id)
    await book(server.url, followed.slot)
    await until(
      async () => cutOff.logText().includes('the database is unavailable'),
      () => `that the server noticed it:\n${cutOff.logText()}`,
    )
    await proxy.restore()
    await client.untilAvailable(followed.slot.id, 2)
    expect(await client.waitFor('resync')).toMatchObject({ doctorIds: [followed.doctor.id] })
    await events.waitFor('resync')
    const late = await liveClient(cutOff.url)
    await late.subscribe([other.doctor.id])
    await Promise.all([client.end(), late.end(), events.end()])
    await cutOff.stop()
    await proxy.end()
    await server.end()
  })
})

describe('a server whose database does not respond', () => {
  const isResponse = (type: string) => type === 'subscribed' || type === 'error'

  test('reports that doctors cannot be read, and continues with a new connection', async () => {
    const server = await runningServer()
    const proxy = await databaseProxy(server.database.appUrl)
    const hung = await serverOn({ ownerUrl: server.database.ownerUrl, appUrl: proxy.url })
    const { doctor, slot } = await aCalendar(server.database, [server.url])
    const other = await aCalendar(server.database, [server.url])
    const client = await liveClient(hung.url)
    await client.subscribe([other.doctor.id])
    proxy.hang()
    client.send({ type: 'subscribe', doctorIds: [doctor.id] })
    const refusal = await until(
      async () => client.received.map(({ message }) => message).find(({ type }) => type === 'error'),
      'an error',
    )
    expect(refusal).toMatchObject({ code: 'unavailable' })
    // The open connections hang for ever; a new one works.
    proxy.forwardNew()
    await until(async () => {
      const from = client.received.length
      client.send({ type: 'subscribe', doctorIds: [doctor.id] })
      const response = () => client.received.slice(from).find(({ message }) => isResponse(message.type))
      const { message } = await until(
        async () => response(),
        () => 'a response',
      )
      return message.type === 'subscribed'
    }, 'a subscription by a new connection')
    await book(server.url, slot)
    await client.untilAvailable(slot.id, 0)
    await client.end()
    await proxy.end()
    await hung.stop()
    await server.end()
  })
})

describe('a thousand connections', () => {
  test('are all notified of a booking, with one database read per doctor', async () => {
    const server = await runningServer({ HOLDFAST_METRICS_PORT: '0' })
    const { doctor, slot } = await aCalendar(server.database, [server.url])
    const clients = await Promise.all(Array.from({ length: 1_000 }, () => liveClient(server.url)))
    await Promise.all(clients.map((client) => client.subscribe([doctor.id])))
    const metric = async (name: string) => {
      const text = await (await fetch(`${server.metricsUrl}/metrics`)).text()
      return Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1])
    }
    expect(await metric('holdfast_live_connections{kind="socket"}')).toBe(1_000)
    expect(await metric('holdfast_live_subscriptions')).toBe(1_000)
    const beganMs = performance.now()
    await book(server.url, slot)
    await Promise.all(clients.map((client) => client.untilAvailable(slot.id, 0)))
    expect(performance.now() - beganMs).toBeLessThan(45_000)
    expect(await metric('holdfast_live_messages_total')).toBeGreaterThanOrEqual(2_000)
    for (const client of clients) client.socket.terminate()
    await Promise.all(clients.map((client) => client.closed))
    await until(async () => (await metric('holdfast_live_connections{kind="socket"}')) === 0, 'no connections')
    expect(await refusedHandshake(server.url, { headers: { origin: 'https://evil.example.org' } })).toMatchObject({
      status: 403,
    })
    await server.end()
  })
})
