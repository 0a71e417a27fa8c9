import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
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

test('a forged mark of a browser leads to no error, and to no more look-ups than others have', async () => {
  const cookie = `holdfast.browser=${'a'.repeat(22)}.${'b'.repeat(22)}`
  const signInMarked = async (email: string) => {
    const headers = { ...from('192.0.2.1'), cookie }
    const request = { method: 'POST', body: { email, password: 'wrong password' }, headers }
    return (await call(`${server.url}/api/auth/sign-in/email`, request)).status
  }
  expect(await signInMarked('a\u0000b@example.org')).toBe(400)
  expect(await signInMarked(`${'a'.repeat(300)}@example.org`)).toBe(400)
  // 20 × 6 from one address, each with another e-mail address.
  const received = await statuses(119, (round) => signInMarked(`other${round} no address`))
  expect(received).toEqual([...Array(118).fill(400), 429])
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
