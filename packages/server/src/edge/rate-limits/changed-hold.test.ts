import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { type ApiResponse, call, type RunningServer, runningServer, serverOn } from '../../../test/running-server.ts'

const writesMax = 6

let server: RunningServer
let slotId: string

beforeAll(async () => {
  // However slow the machine is, no window ends during a test.
  vi.setSystemTime(new Date())
  server = await runningServer()
  const clinic = await aClinic(server.database)
  // The limits of bookings in a clinic are not tested here.
  await server.database.ownerPool.query(`
    update holdfast.clinic set address_holds_max = 1000, address_bookings_max = 1000, hold_extensions_max = 5`)
  slotId = (await aSlot(server.database, await aDoctor(server.database, clinic), { capacity: 1000 })).id
})
afterAll(async () => {
  await server.end()
  vi.useRealTimers()
})

/** A server with full buckets, whose callers have one address. */
async function limitedServer(limits: Record<string, string> = {}) {
  const limited = await serverOn(server.database, {
    HOLDFAST_RATE_LIMIT: 'on',
    HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: String(writesMax),
    HOLDFAST_LIMIT_BOOKINGS_PER_ADDRESS: '1000',
    ...limits,
  })
  onTestFinished(() => limited.stop())
  const write = (path: string, body: object, bearer?: string): Promise<ApiResponse> =>
    call(`${limited.url}/api/v1/bookings${path}`, {
      method: 'POST',
      body,
      headers: { 'idempotency-key': randomUUID() },
      ...(bearer === undefined ? {} : { bearer }),
    })
  const hold = async () => {
    const held = await write('', { slotId })
    return { ...held, token: String(held.body.manageToken) }
  }
  type Held = Awaited<ReturnType<typeof hold>>
  const change = (held: Held, how: string, body: object = {}, bearer = held.token) =>
    write(`/${held.body.id}/${how}`, body, bearer)
  return { hold, change }
}

const patient = () => ({ patient: { name: 'P', email: `${randomUUID()}@example.org` } })

test('as many guests behind one address book in a minute as may write: confirming counts for the hold', async () => {
  const { hold, change } = await limitedServer()
  const received: number[] = []
  for (let guest = 0; guest < writesMax; guest += 1) {
    const held = await hold()
    received.push(held.status, (await change(held, 'confirm', patient())).status)
  }
  expect(received).toEqual(Array.from({ length: writesMax }, () => [201, 200]).flat())
  expect((await hold()).status).toBe(429)
})

test('extending and releasing a hold with its token are no further writes', async () => {
  const { hold, change } = await limitedServer()
  const held = [await hold(), await hold()]
  for (const one of held) {
    for (let times = 0; times < 2; times += 1) expect((await change(one, 'extend')).status).toBe(200)
    expect((await change(one, 'cancel')).status).toBe(200)
  }
  for (let others = held.length; others < writesMax; others += 1) expect((await hold()).status).toBe(201)
  expect((await hold()).status).toBe(429)
})

test('a change with a token that is not the hold’s counts as a write', async () => {
  const { hold, change } = await limitedServer()
  const [held, other] = [await hold(), await hold()]
  const received: number[] = []
  for (let guess = 2; guess < writesMax; guess += 1) {
    received.push((await change(held, 'confirm', patient(), other.token)).status)
  }
  expect(received).toEqual(received.map(() => 404))
  expect((await change(held, 'confirm', patient(), other.token)).status).toBe(429)
  expect((await hold()).status).toBe(429)
  // The hold's owner is not kept out by those who guess.
  expect((await change(held, 'confirm', patient())).status).toBe(200)
})

test('other writes with the token count as writes', async () => {
  const { hold, change } = await limitedServer()
  const held = await hold()
  for (let others = 1; others < writesMax; others += 1)
    expect((await change(held, 'move', { slotId })).status).not.toBe(429)
  expect((await change(held, 'move', { slotId })).status).toBe(429)
})

test('one hold is changed 30 times in 15 minutes, and refused with Retry-After beyond', async () => {
  const { hold, change } = await limitedServer()
  const held = await hold()
  for (let times = 0; times < 30; times += 1) expect((await change(held, 'extend')).status).not.toBe(429)
  const refused = await change(held, 'extend')
  expect(refused.body).toMatchObject({ status: 429, code: 'rate_limited' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
  expect((await hold()).status).toBe(201)
})

test('holds of one address are changed ten times as often as may be written', async () => {
  const { hold, change } = await limitedServer({ HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '2' })
  const held = [await hold(), await hold()]
  const received: number[] = []
  for (let times = 0; times < 10; times += 1) {
    for (const one of held) received.push((await change(one, 'extend')).status)
  }
  expect(received).not.toContain(429)
  for (const one of held) expect((await change(one, 'extend')).status).toBe(429)
})
