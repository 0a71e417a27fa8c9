import { once } from 'node:events'
import { connect } from 'node:net'
import { aClinic, aDoctor, type BuiltDoctor, until } from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type LiveApp, liveApp } from '../../test/live-app.ts'
import { untilCaughtUp } from '../../test/live-calendar.ts'
import { liveClient, refusedHandshake } from '../../test/live-client.ts'
import { call, runningServer } from '../../test/running-server.ts'
import type { LiveSettings } from './live-settings.ts'

let app: LiveApp
let doctor: BuiltDoctor

async function start(settings: Partial<LiveSettings> = {}, origins: string[] = []): Promise<void> {
  app = await liveApp(settings, origins)
  doctor = await aDoctor(app.database, await aClinic(app.database))
}
beforeEach(() => {
  app = { stop: async () => undefined } as LiveApp
})
afterEach(() => app.stop())

const nobody = '0192f8a0-0000-8000-8000-000000000000'
const unknownId = (n: number) => `0192f8a0-0000-8000-8004-${String(n).padStart(12, '0')}`

describe('client messages', () => {
  test.each([
    ['not JSON', 'hello', 'A message is a JSON object.'],
    ['no object', '[]', '/type must be one of subscribe, unsubscribe, not nothing'],
    ['an unknown type', { type: 'toString' }, '/type must be one of subscribe, unsubscribe, not "toString"'],
    ['no ids', { type: 'subscribe' }, '/doctorIds is required'],
    ['an empty list', { type: 'subscribe', doctorIds: [] }, '/doctorIds must have at least 1 item, not 0'],
    ['no id', { type: 'subscribe', doctorIds: ['x'] }, '/doctorIds/0 must be an id (a lower-case UUID), not "x"'],
    [
      'an unknown field',
      { type: 'unsubscribe', doctorIds: [nobody], x: 1 },
      '/x is not known here; known are type, doctorIds',
    ],
    ['no position', { type: 'subscribe', doctorIds: [nobody], after: '-1' }, '/after must be a position, not "-1"'],
    [
      'its own prototype',
      '{"type":"subscribe","doctorIds":["x"],"__proto__":{}}',
      '/__proto__ is not known here; known are type, doctorIds, after',
    ],
  ])('%s gets an error, and the connection stays open', async (_what, message, why) => {
    await start()
    const client = await liveClient(app.url)
    client.send(message)
    expect(await client.waitFor('error')).toEqual({ type: 'error', code: 'invalid_message', message: why })
    await client.subscribe([doctor.id])
    await client.end()
  })

  test('binary is refused', async () => {
    await start()
    const client = await liveClient(app.url)
    client.socket.send(Buffer.from(JSON.stringify({ type: 'subscribe', doctorIds: [doctor.id] })))
    expect(await client.waitFor('error')).toMatchObject({ code: 'invalid_message' })
    await client.end()
  })

  test('unknown and inactive doctors are reported; the others are subscribed', async () => {
    await start()
    const inactive = await aDoctor(app.database, await aClinic(app.database), { active: false })
    const client = await liveClient(app.url)
    // One of them has an id that Holdfast cannot have created.
    const unknown = [inactive.id, unknownId(1), nobody]
    expect(await client.subscribe([doctor.id, ...unknown])).toMatchObject({ doctorIds: [doctor.id] })
    expect(await client.waitFor('error')).toMatchObject({ code: 'doctor_not_found', doctorIds: unknown })
    client.send({ type: 'subscribe', doctorIds: [nobody] })
    // The message about the doctor's creation may arrive in between.
    const errors = () => client.received.map(({ message }) => message).filter(({ type }) => type === 'error')
    await until(
      async () => errors().length === 2,
      () => `2 errors, not ${errors().length}`,
    )
    expect(errors().at(-1)).toMatchObject({ type: 'error', doctorIds: [nobody] })
    expect(app.hub.figures.subscriptions).toBe(1)
    await client.end()
  })

  test('a doctor who is deactivated while subscribed is unknown to the next subscriber', async () => {
    await start()
    // The first resync is then about the deactivation, not about the creation.
    await untilCaughtUp(app.database, app.url, doctor.id)
    const client = await liveClient(app.url)
    await client.subscribe([doctor.id])
    await app.database.ownerPool.query('update holdfast.resource set active = false where id = $1', [doctor.id])
    await until(async () => client.received.some(({ message }) => message.type === 'resync'), 'resync', 30_000)
    const late = await liveClient(app.url)
    late.send({ type: 'subscribe', doctorIds: [doctor.id] })
    expect(await late.waitFor('error')).toMatchObject({ code: 'doctor_not_found' })
    await Promise.all([client.end(), late.end()])
  })

  test('after a few errors the connection is closed with 1008', async () => {
    await start({ errorsMax: 3 })
    const client = await liveClient(app.url)
    for (const n of [1, 2, 3, 4]) client.send(`mistake ${n}`)
    expect(await client.closed).toEqual({ code: 1008, reason: 'too many errors' })
    expect(client.received).toHaveLength(3)
  })

  test('too many messages at once close it with 1008; pings count too', async () => {
    await start({ messagesBurstMax: 5, messagesPerSecondMax: 0.001 })
    const chatty = await liveClient(app.url)
    for (let n = 0; n < 6; n += 1) chatty.send({ type: 'unsubscribe', doctorIds: [nobody] })
    expect(await chatty.closed).toEqual({ code: 1008, reason: 'too many messages' })
    expect(chatty.received.at(-1)?.message).toMatchObject({ type: 'error', code: 'rate_limited' })
    const pinging = await liveClient(app.url)
    for (let n = 0; n < 6; n += 1) pinging.socket.ping()
    expect(await pinging.closed).toMatchObject({ code: 1008 })
    // The control: as many as allowed.
    const quiet = await liveClient(app.url)
    for (let n = 0; n < 4; n += 1) quiet.socket.ping()
    await quiet.subscribe([doctor.id])
    await quiet.end()
  })

  test('a message that is too large closes it with 1009', async () => {
    await start({ messageBytesMax: 1_000 })
    const client = await liveClient(app.url)
    client.send('x'.repeat(1_000))
    await client.waitFor('error')
    client.send('x'.repeat(1_001))
    expect(await client.closed).toMatchObject({ code: 1009 })
  })
})

describe('bounds', () => {
  test('doctors per connection: a subscription over the limit is refused as a whole', async () => {
    await start({ doctorsPerConnectionMax: 2 })
    const clinic = await aClinic(app.database)
    const more = [await aDoctor(app.database, clinic), await aDoctor(app.database, clinic)].map(({ id }) => id)
    const client = await liveClient(app.url)
    await client.subscribe([doctor.id])
    client.send({ type: 'subscribe', doctorIds: more })
    expect(await client.waitFor('error')).toMatchObject({
      code: 'too_many_doctors',
      message: 'One connection follows at most 2 doctors: unsubscribe from some first.',
    })
    // Doctors already subscribed don't count twice, and unsubscribing makes room.
    await client.subscribe([doctor.id, ...more.slice(0, 1)])
    client.send({ type: 'unsubscribe', doctorIds: [doctor.id] })
    expect(await client.subscribe(more)).toMatchObject({ doctorIds: more })
    expect(app.hub.figures.subscriptions).toBe(2)
    await client.end()
    await until(
      async () => app.hub.figures.subscriptions === 0,
      () => `no subscriptions, not ${app.hub.figures.subscriptions}`,
    )
  })

  test('total connections: 503 with Retry-After until one closes', async () => {
    await start({ connectionsMax: 2 })
    const [first, second] = [await liveClient(app.url), await liveClient(app.url)]
    const refused = await refusedHandshake(app.url)
    expect(refused).toMatchObject({ status: 503, code: 'overloaded' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await call(`${app.url}/api/v1/live/events?doctorIds=${doctor.id}`)).status).toBe(503)
    await first.end()
    const third = await until(() => liveClient(app.url).catch(() => undefined), 'a place for the third')
    await Promise.all([second.end(), third.end()])
  })

  test('connections per address: 429', async () => {
    await start({ connectionsPerAddressMax: 1 })
    const first = await liveClient(app.url)
    expect(await refusedHandshake(app.url)).toMatchObject({ status: 429, code: 'rate_limited' })
    const elsewhere = await liveClient(app.url, { localAddress: '127.0.0.2' })
    await Promise.all([first.end(), elsewhere.end()])
  })

  test('a failed handshake releases its slot', async () => {
    await start({ connectionsMax: 1 })
    for (let n = 0; n < 3; n += 1) {
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
      socket.write('GET /api/v1/live HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
      const [response] = await once(socket, 'data')
      expect(String(response)).toMatch(/^HTTP\/1.1 4\d\d /)
      if (!socket.closed) await once(socket, 'close')
    }
    const client = await until(() => liveClient(app.url).catch(() => undefined), 'a place')
    await client.end()
  })

  test('a client that does not respond to the heartbeat is disconnected; one that does is not', async () => {
    await start({ heartbeatMs: 30_000 })
    // The test sets the pace of the heartbeats, so that a busy machine delays no response beyond the next one.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const [dead, living] = [await liveClient(app.url, { autoPong: false }), await liveClient(app.url)]
      const beat = once(living.socket, 'ping')
      vi.advanceTimersByTime(30_000)
      await beat
      // Its response to the heartbeat arrives before this.
      await living.subscribe([doctor.id])
      vi.advanceTimersByTime(30_000)
      expect(await dead.closed).toMatchObject({ code: 1006 })
      await living.subscribe([doctor.id])
      await living.end()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('origins', () => {
  test('pages of other origins may not connect; own and configured origins and programs may', async () => {
    await start({}, ['https://book.example.org'])
    for (const origin of ['https://evil.example.org', 'null', 'http://127.0.0.1:1']) {
      expect(await refusedHandshake(app.url, { headers: { origin } })).toMatchObject({ status: 403, code: 'forbidden' })
      const events = await call(`${app.url}/api/v1/live/events?doctorIds=${doctor.id}`, { headers: { origin } })
      expect(events.body).toMatchObject({ code: 'forbidden' })
    }
    for (const origin of [app.url, 'https://book.example.org']) {
      await (await liveClient(app.url, { headers: { origin } })).end()
    }
  })
})

describe('the whole server', () => {
  test('counts connecting like any other read from an address', async () => {
    const server = await runningServer({ HOLDFAST_RATE_LIMIT: 'on', HOLDFAST_LIMIT_READS_PER_MINUTE: '3' })
    try {
      for (let n = 0; n < 3; n += 1) await (await liveClient(server.url)).end()
      expect(await refusedHandshake(server.url)).toMatchObject({ status: 429, code: 'rate_limited' })
      expect((await call(`${server.url}/api/v1/live/events?doctorIds=${nobody}`)).status).toBe(429)
    } finally {
      await server.end()
    }
  })

  test('upgrades only this path, and serves other upgrade requests as normal requests', async () => {
    const server = await runningServer()
    try {
      const refused = await call(`${server.url}/api/v1/live`)
      expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
      expect((await call(`${server.url}/api/v1/live`, { method: 'POST' })).headers.get('allow')).toBe('GET')
      for (const [path, upgrade] of [
        ['/api/v1/clinics', 'websocket'],
        ['/api/v1/clinics', 'h2c'],
        ['/api/v1/live', 'h2c'],
        ['/%zz', 'websocket'],
      ]) {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
        socket.write(
          `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: ` +
            `${upgrade}\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
        )
        const [response] = await once(socket, 'data')
        expect(String(response)).toMatch(path === '/api/v1/clinics' ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 400 /)
        socket.destroy()
      }
      // A Host that is refused before any route: the connection ends.
      const strange = connect(Number(new URL(server.url).port), '127.0.0.1')
      strange.write(
        'GET /api/v1/live HTTP/1.1\r\nhost: a b\r\nconnection: upgrade\r\nupgrade: ' +
          'websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      )
      await once(strange, 'data')
      if (!strange.closed) await once(strange, 'close')
    } finally {
      await server.end()
    }
  })
})

test('a client of events that leaves while it is counted leaves no connection behind', async () => {
  await start()
  const { arrived, admit } = app.hold()
  const client = connect(Number(new URL(app.url).port), '127.0.0.1')
  client.write(
    `GET /api/v1/live/events?doctorIds=${doctor.id} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.9\r\n\r\n`,
  )
  const connection = await arrived
  client.destroy()
  await expect.poll(() => connection.closed).toBe(true)
  admit()
  const other = await liveClient(app.url)
  await other.subscribe([doctor.id])
  expect(app.slots.count).toBe(1)
  await other.end()
})
