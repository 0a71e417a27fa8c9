import { request } from 'node:http'
import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { call, type RunningServer, runningServer, serverOn, signUp } from '../../../test/running-server.ts'

const password = 'a password of ten'
let unlimited: RunningServer
let server: Awaited<ReturnType<typeof serverOn>>
let slotId: string

/** How many tests have begun. Each has separate addresses, so that it starts with full buckets. */
let begun = 0

beforeAll(async () => {
  // However slow the machine is, no window ends during a test.
  vi.setSystemTime(new Date())
  unlimited = await runningServer()
  const doctor = await aDoctor(unlimited.database, await aClinic(unlimited.database))
  slotId = (await aSlot(unlimited.database, doctor, { capacity: 100 })).id
  server = await serverOn(unlimited.database, {
    HOLDFAST_RATE_LIMIT: 'on',
    HOLDFAST_TRUSTED_PROXIES: '1',
    HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '6',
    HOLDFAST_LIMIT_SIGN_INS_PER_IP: '5',
  })
})
afterAll(async () => {
  await server.stop()
  await unlimited.end()
  vi.useRealTimers()
})
beforeEach(() => {
  begun += 1
})

const from = (address: string) => ({ 'x-forwarded-for': address.replace('192.0.2.', `172.16.${begun}.`) })
const signIn = async (address: string, email: string, sent = 'wrong password') => {
  const request = { method: 'POST', body: { email, password: sent }, headers: from(address) }
  return (await call(`${server.url}/api/auth/sign-in/email`, request)).status
}
const book = async (address: string) => {
  const body = { slotId, patient: { name: 'P' } }
  return (await call(`${server.url}/api/v1/bookings`, { method: 'POST', body, headers: from(address) })).status
}

async function statuses(count: number, send: (round: number) => Promise<number>): Promise<number[]> {
  const received: number[] = []
  for (let round = 0; round < count; round += 1) received.push(await send(round))
  return received
}

test('sign-ins are not kept back by other writes from the same address, and use up none of them', async () => {
  await signUp(unlimited.url, 'colleague@example.org', password)
  expect(await statuses(7, () => book('192.0.2.1'))).toEqual([...Array(6).fill(201), 429])
  expect(await signIn('192.0.2.1', 'colleague@example.org', password)).toBe(200)
  await statuses(5, (round) => signIn('192.0.2.2', `who${round}@example.org`))
  expect(await book('192.0.2.2')).toBe(201)
})

test('malformed requests to sign in are limited too, without keeping others back', async () => {
  await signUp(unlimited.url, 'neighbour@example.org', password)
  expect(await statuses(7, () => signIn('192.0.2.1', 'no address'))).toEqual([...Array(6).fill(400), 429])
  expect(await signIn('192.0.2.1', 'neighbour@example.org', password)).toBe(200)
})

const signInMarked = async (cookie: string, email: string, sent = 'wrong password') => {
  const request = { method: 'POST', body: { email, password: sent }, headers: { ...from('192.0.2.1'), cookie } }
  const { status, headers } = await call(`${server.url}/api/auth/sign-in/email`, request)
  const browser = headers.getSetCookie().find((one) => one.startsWith('holdfast.browser=')) ?? ''
  return { status, browser: browser.split(';')[0] ?? '' }
}
const forged = (id: string) => `holdfast.browser=${id.padStart(22, 'a')}.${'b'.repeat(22)}.${'c'.repeat(22)}`

test('forged cookies of browsers keep nobody at the same address out of their known browser', async () => {
  await signUp(unlimited.url, 'known@example.org', password)
  const { browser } = await signInMarked('', 'known@example.org', password)
  expect(browser).not.toBe('')
  expect((await signInMarked(forged('1'), 'a\u0000b@example.org')).status).toBe(400)
  expect((await signInMarked(forged('1'), `${'a'.repeat(300)}@example.org`)).status).toBe(400)
  const received = await statuses(125, async (no) => (await signInMarked(forged(`${no}`), `${no} no address`)).status)
  expect(received).toEqual(Array(125).fill(400))
  expect((await signInMarked(browser, 'known@example.org', password)).status).toBe(200)
})

test('sign-ins in one browser that may be known are limited, and keep others out of none', async () => {
  await signUp(unlimited.url, 'busy@example.org', password)
  await signUp(unlimited.url, 'calm@example.org', password)
  const busy = (await signInMarked('', 'busy@example.org', password)).browser
  const calm = (await signInMarked('', 'calm@example.org', password)).browser
  // 5 × 6, each with another e-mail address, which is looked up.
  const received = await statuses(31, async (no) => (await signInMarked(busy, `${no}@not-here.example`, '')).status)
  expect(received).toEqual([...Array(30).fill(400), 429])
  expect((await signInMarked(calm, 'calm@example.org', password)).status).toBe(200)
})

const json = { 'content-type': 'application/json' }
const foreign = 'https://elsewhere.example'
/** Requests that are refused before a route has read their body. */
const unread: [string, number, { body?: string; headers?: Record<string, string> }][] = [
  ['is cut off', 400, { body: '{' }],
  ['sets a prototype', 400, { body: '{"__proto__":1}' }],
  ['is too large', 413, { body: JSON.stringify({ padding: 'x'.repeat(40_000) }) }],
  ['is no JSON', 415, { body: 'email', headers: { 'content-type': 'text/plain' } }],
]

test.each(
  ['email', 'code', 'passkey', 'passkey-options'].flatMap((path) =>
    unread.map(([what, status, sent]) => [path, what, status, sent] as const),
  ),
)('requests to sign in with %s whose body %s are limited', async (path, _what, status, { body, headers }) => {
  const request = { method: 'POST', body, headers: { ...from('192.0.2.1'), ...json, ...headers } }
  const send = async () => (await call(`${server.url}/api/auth/sign-in/${path}`, request)).status
  expect(await statuses(7, send)).toEqual([...Array(6).fill(status), 429])
  expect(await book('192.0.2.2')).toBe(201)
})

test('requests to sign in that are refused before they are identified are not counted', async () => {
  const address = new URL('/api/auth/sign-in/email', server.url)
  const options = { method: 'POST', headers: { ...from('192.0.2.1'), host: 'a b' } }
  const send = () =>
    new Promise<number>((resolve, reject) => {
      const sent = request(address, options, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      sent.on('error', reject).end()
    })
  expect(await statuses(8, send)).toEqual(Array(8).fill(400))
})

test('requests to sign in from a foreign page are limited, with and without a session', async () => {
  await signUp(unlimited.url, 'visitor@example.org', password)
  const signedIn = await call(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    body: { email: 'visitor@example.org', password },
    headers: from('192.0.2.1'),
  })
  const cookie = signedIn.headers.getSetCookie().map((one) => one.split(';')[0])
  expect(cookie).toHaveLength(2)
  const send = (address: string, headers: Record<string, string>) => async () => {
    const sent = { method: 'POST', body: {}, headers: { ...from(address), origin: foreign, ...headers } }
    return (await call(`${server.url}/api/auth/sign-in/email`, sent)).status
  }
  expect(await statuses(7, send('192.0.2.2', {}))).toEqual([...Array(6).fill(403), 429])
  expect((await statuses(101, send('192.0.2.3', { cookie: cookie.join('; ') }))).slice(-2)).toEqual([403, 429])
})

const passkey = async (path: string, address: string, id?: string) => {
  const clientDataJSON = Buffer.from('{"challenge":"none"}').toString('base64url')
  const signed = { clientDataJSON, authenticatorData: '', signature: '' }
  const response = { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response: signed }
  const headers = { ...from(address), origin: `http://localhost:${new URL(server.url).port}` }
  const sent = { method: 'POST', body: id === undefined ? {} : { response }, headers }
  return (await call(`${server.url}/api/auth/sign-in/${path}`, sent)).status
}

test('invalid passkeys keep nobody at the same address out, and use up none of its writes', async () => {
  await signUp(unlimited.url, 'keyless@example.org', password)
  expect(await statuses(20, (round) => passkey('passkey', '192.0.2.1', `junk${round}`))).toEqual(Array(20).fill(401))
  expect(await statuses(20, () => passkey('passkey-options', '192.0.2.1'))).toEqual(Array(20).fill(200))
  expect(await book('192.0.2.1')).toBe(201)
  expect(await signIn('192.0.2.1', 'keyless@example.org', password)).toBe(200)
})

test('sign-ins with passkeys are limited by passkey, and in total by address', async () => {
  const ofOne = await statuses(7, () => passkey('passkey', '192.0.2.1', 'one'))
  expect(ofOne).toEqual([...Array(6).fill(401), 429])
  expect(await passkey('passkey', '192.0.2.1', 'another')).toBe(401)
  const all = await statuses(121, (round) => passkey('passkey', '192.0.2.2', `junk${round}`))
  expect(all).toEqual([...Array(120).fill(401), 429])
  expect(await passkey('passkey-options', '192.0.2.2')).toBe(429)
  expect(await passkey('passkey-options', '192.0.2.3')).toBe(200)
})

/** How many queries read the sign-ins that wait for a code, from now on. */
function readsOfPendingSignIns() {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  onTestFinished(() => query.mockRestore())
  return () => query.mock.calls.filter(([sent]) => /select value from verification/.test(JSON.stringify(sent))).length
}

test('codes are limited in total by address, and those beyond the limit are not looked up', async () => {
  const reads = readsOfPendingSignIns()
  const send = (address: string) => async (round: number) => {
    const body = { challenge: `${round}`.padStart(32, 'c'), code: '123456' }
    return (await call(`${server.url}/api/auth/sign-in/code`, { method: 'POST', body, headers: from(address) })).status
  }
  const received = await statuses(130, send('192.0.2.1'))
  expect(received).toEqual([...Array(6).fill(401), ...Array(124).fill(429)])
  // 20 × 6 to count them by account, and one more for each that was not refused.
  expect(reads()).toBe(126)
  expect(await send('192.0.2.2')(0)).toBe(401)
})
