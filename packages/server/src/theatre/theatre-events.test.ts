import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { clinicNoOf, createEngine, newId } from '@holdfast/engine'
import { aClinic, aDoctor, aMember, aSlot, until } from '@holdfast/testkit'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { book, untilCaughtUp } from '../../test/live-calendar.ts'
import { eventsClient } from '../../test/live-events-client.ts'
import { call, serverOfFile, signUp } from '../../test/running-server.ts'
import { validatorCompiler } from '../edge/bodies/validator.ts'
import { ConnectionSlots } from '../edge/connections/connection-slots.ts'
import { errorHandler } from '../edge/errors/error-handler.ts'
import { problem } from '../edge/errors/problem-error.ts'
import { createLogger } from '../observe/logger.ts'
import { theatreEvents } from './theatre-events.ts'
import { TheatreSignals } from './theatre-signals.ts'

const server = await serverOfFile({ HOLDFAST_ANSWER_SECONDS_MAX: '3' })

/** A clinic with a room and a doctor, and somebody of its staff. */
async function aTheatre() {
  const { database, url } = server
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const { id, token } = await signUp(url, `${randomUUID()}@example.org`)
  await aMember(database, clinic, { accountId: id, role: 'admin' })
  const api = async (method: string, path: string, body?: unknown) => {
    const response = await call(`${url}/api/v1${path}`, { method, bearer: token, ...(body ? { body } : {}) })
    if (response.status >= 300) throw new Error(`${method} ${path} returned ${response.status}: ${response.text}`)
    return response.body as { id: string }
  }
  const room = await api('POST', `/clinics/${clinic.id}/rooms`, { name: 'OR 1' })
  await untilCaughtUp(database, url, doctor.id)
  const liveUrl = `${url}/api/v1/clinics/${clinic.id}/theatre/live`
  return { clinic, doctor, room, accountId: id, token, api, liveUrl }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('the live theatre', () => {
  test('says that a case was booked, confirmed and is under way, and that somebody waits', async () => {
    const { clinic, doctor, room, token, api, liveUrl } = await aTheatre()
    const client = await eventsClient(liveUrl, bearer(token))
    expect(client.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const types = () => client.received.map(({ data }) => data.type)
    let signals = 1
    const afterSignal = async () => {
      signals += 1
      await until(
        async () => types().length >= signals,
        () => `${signals} signals; there are ${JSON.stringify(client.received)}`,
      )
    }
    await client.waitFor('theatre')
    const patient = { mrn: 'M-1', name: 'Ada Okafor' }
    const wanted = { minutes: 60, surgeonId: doctor.id, patient, service: 'Orthopaedics' }
    const procedure = { code: '27447', display: 'Total knee arthroplasty' }
    const startsAt = new Date(Date.now() + 600_000).toISOString()
    const booked = await api('POST', '/cases', { clinicId: clinic.id, roomId: room.id, startsAt, procedure, ...wanted })
    await afterSignal()
    await api('POST', `/cases/${booked.id}/confirm`)
    await afterSignal()
    await api('POST', `/cases/${booked.id}/milestones`, { milestone: 'arrived', at: new Date().toISOString() })
    await afterSignal()
    const request = await api('POST', `/clinics/${clinic.id}/case-requests`, { procedure, ...wanted })
    await afterSignal()
    await api('DELETE', `/case-requests/${request.id}`)
    await afterSignal()
    expect(types()).toEqual(['connected', ...Array.from({ length: 5 }, () => 'changed')])
    await client.end()
  })

  test('reports what another process writes, and nothing of appointments', async () => {
    const { clinic, doctor, token, liveUrl } = await aTheatre()
    const { database, url } = server
    const slot = await aSlot(database, doctor)
    await untilCaughtUp(database, url, doctor.id)
    const client = await eventsClient(liveUrl, bearer(token))
    await client.waitFor('theatre')
    await book(url, slot)
    await untilCaughtUp(database, url, doctor.id)
    expect(client.received).toHaveLength(1)
    const { theatre } = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
    await theatre.createRoom(clinic.no, { name: 'OR 2', site: null, turnoverMinutes: 0, hours: null }, null)
    await until(async () => client.received.length > 1, 'a signal')
    await client.end()
  })

  test('is for members of the clinic', async () => {
    const { liveUrl, clinic } = await aTheatre()
    const { token } = await aTheatre()
    expect(await call(liveUrl)).toMatchObject({ status: 401 })
    expect(await call(liveUrl, { bearer: token })).toMatchObject({ status: 404, body: { code: 'clinic_not_found' } })
    expect(await call(liveUrl.replace(clinic.id, newId(clinic.no)), { bearer: token })).toMatchObject({ status: 404 })
    expect(await call(liveUrl.replace(clinic.id, 'all'), { bearer: token })).toMatchObject({ status: 400 })
  })
})

/** The route alone, with heartbeats 20 ms apart. Anybody whom the test names is a member. */
async function aRoute({ connections = 10 } = {}) {
  let isMember = true
  let held: { arrived: PromiseWithResolvers<Socket>; admitted: Promise<void> } | null = null
  // Behind a proxy, the address of a client that has left is still known.
  const app = Fastify({ trustProxy: true })
  app.setErrorHandler(errorHandler)
  app.setValidatorCompiler(validatorCompiler())
  app.decorateRequest('principal')
  app.decorate('identifyAgain', async () => ({ kind: 'anonymous' }) as const)
  app.addHook('onRequest', async (request) => {
    request.principal = { kind: 'anonymous' }
    held?.arrived.resolve(request.raw.socket)
  })
  const log = createLogger('silent')
  const calendar = { horizon: 1n, onLog: () => undefined, onChange: () => undefined }
  // The epoch says which one it is.
  const signals = [1, 2].map((epoch) => new TheatreSignals({ calendar, tail: { epoch }, roomsOf: async () => [], log }))
  const signalsOf = (clinicNo: number) => {
    const found = signals[clinicNo - 1]
    if (found === undefined) throw new Error(`There is no shard for the clinic ${clinicNo}.`)
    return found
  }
  const slots = new ConnectionSlots(connections, null)
  const requireMember = async (_principal: unknown, clinicId: string) => {
    const admitted = held?.admitted
    held = null
    await admitted
    if (!isMember) throw problem('forbidden', 'This role was revoked.')
    return clinicNoOf(clinicId)
  }
  await app.register(theatreEvents, { signalsOf, slots, requireMember, heartbeatMs: 20, log })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  return {
    app,
    slots,
    url: `${url}/api/v1/clinics/${newId(1)}/theatre/live`,
    urlElsewhere: `${url}/api/v1/clinics/${newId(2)}/theatre/live`,
    revoke() {
      isMember = false
    },
    /** The next request waits to be authorized. */
    hold() {
      const [arrived, admitted] = [Promise.withResolvers<Socket>(), Promise.withResolvers<void>()]
      held = { arrived, admitted: admitted.promise }
      return { arrived: arrived.promise, admit: admitted.resolve }
    },
  }
}

test('a client that leaves while it is authorized leaves no connection behind', async () => {
  const { url, hold, slots } = await aRoute()
  const { arrived, admit } = hold()
  const leaving = new AbortController()
  const outcome = fetch(url, { signal: leaving.signal, headers: { 'x-forwarded-for': '203.0.113.9' } }).catch(
    (error: Error) => error.name,
  )
  const connection = await arrived
  leaving.abort()
  expect(await outcome).toBe('AbortError')
  await expect.poll(() => connection.closed).toBe(true)
  admit()
  // One that stays is served, and counted alone.
  const client = await eventsClient(url)
  await client.waitFor('theatre')
  expect(slots.count).toBe(1)
  await client.end()
})

test('a clinic’s signals are those of its shard', async () => {
  const { url, urlElsewhere } = await aRoute()
  for (const [address, position] of [
    [url, '1.1'],
    [urlElsewhere, '2.1'],
  ] as const) {
    const client = await eventsClient(address)
    expect((await client.waitFor('theatre')).data).toEqual({ type: 'connected', position })
    await client.end()
  }
})

test('a stream ends when the role is revoked', async () => {
  const { url, revoke, slots } = await aRoute()
  const client = await eventsClient(url)
  await until(async () => client.comments() > 2, 'heartbeats')
  revoke()
  await client.ended
  await until(async () => slots.count === 0, 'the connection is counted no more')
})

test('a stopping server ends the streams', async () => {
  const { app, url } = await aRoute()
  const client = await eventsClient(url)
  await client.waitFor('theatre')
  await app.close()
  await client.ended
})

test('one connection more than the limit is refused', async () => {
  const { url } = await aRoute({ connections: 1 })
  const client = await eventsClient(url)
  await client.waitFor('theatre')
  expect(await call(url)).toMatchObject({ status: 503, body: { code: 'overloaded' } })
  await client.end()
})
