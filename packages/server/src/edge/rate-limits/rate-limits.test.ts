// Rest: each rate limit
import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  type ApiResponse,
  call,
  type RunningServer,
  runningServer,
  serverOn,
  signIn as signInAsAdministrator,
  signUp,
} from '../../../test/running-server.ts'

let server: RunningServer
let slotId: string
/** A server with limits, on the same database. */
let limited: Awaited<ReturnType<typeof serverOn>>
/** How many tests have begun. Each has separate addresses, so that it starts with full buckets. */
let begun = 0

const limits = {
  HOLDFAST_RATE_LIMIT: 'on',
  HOLDFAST_TRUSTED_PROXIES: '1',
  HOLDFAST_LIMIT_READS_PER_MINUTE: '4',
  HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '6',
  HOLDFAST_LIMIT_ACCOUNT_PER_MINUTE: '8',
  HOLDFAST_LIMIT_SIGN_INS_PER_IP: '5',
  HOLDFAST_LIMIT_SIGN_INS_PER_EMAIL: '3',
  HOLDFAST_LIMIT_BOOKINGS_PER_ACCOUNT: '3',
  HOLDFAST_LIMIT_BOOKINGS_PER_ADDRESS: '7',
  HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL: '2',
}

beforeAll(async () => {
  // However slow the machine is, no window ends during a test.
  vi.setSystemTime(new Date())
  server = await runningServer()
  limited = await serverOn(server.database, limits)
  const clinic = await aClinic(server.database)
  // The limits of bookings in a clinic are not tested here.
  await server.database.ownerPool.query(`
    update holdfast.clinic set address_holds_max = 1000, address_bookings_max = 1000, account_holds_max = 1000,
      account_bookings_max = 1000, contact_holds_max = 1000, contact_bookings_max = 1000`)
  const doctor = await aDoctor(server.database, clinic)
  slotId = (await aSlot(server.database, doctor, { capacity: 1000 })).id
})
afterAll(async () => {
  await limited.stop()
  await server.end()
  vi.useRealTimers()
})
beforeEach(() => {
  begun += 1
})

/** Another server, with other limits than `limited`. */
async function serverWith(others: Record<string, string>) {
  const other = await serverOn(server.database, { ...limits, ...others })
  onTestFinished(() => other.stop())
  return other
}

/** The addresses reserved for documentation, in another network for each test. */
function ownAddress(text: string): string {
  return text.replaceAll('192.0.2.', `172.16.${begun}.`).replaceAll('2001:db8:', `2001:${begun}:`)
}

/** A request as the proxy in front of us passes it on. */
const from = (address: string) => ({ 'x-forwarded-for': ownAddress(address) })
const read = (address: string, headers: Record<string, string> = {}) =>
  call(`${limited.url}/api/v1/clinics`, { headers: { ...from(address), ...headers } })
const book = (address: string, patient: object, bearer?: string) =>
  call(`${limited.url}/api/v1/bookings`, {
    method: 'POST',
    body: { slotId, patient },
    headers: { ...from(address), 'idempotency-key': randomUUID() },
    ...(bearer === undefined ? {} : { bearer }),
  })
const signIn = (address: string, email: string, password = 'not this one', url = limited.url) =>
  call(`${url}/api/auth/sign-in/email`, { method: 'POST', body: { email, password }, headers: from(address) })

async function statuses(times: number, ask: (round: number) => Promise<ApiResponse>): Promise<number[]> {
  const received: number[] = []
  for (let round = 0; round < times; round += 1) received.push((await ask(round)).status)
  return received
}

describe('without an account', () => {
  test('reads are counted per address, reported in headers, and refused with Retry-After', async () => {
    const first = await read('192.0.2.1')
    expect(first.headers.get('ratelimit-limit')).toBe('4')
    expect(first.headers.get('ratelimit-remaining')).toBe('3')
    expect(Number(first.headers.get('ratelimit-reset'))).toBeGreaterThan(0)
    expect(await statuses(4, () => read('192.0.2.1'))).toEqual([200, 200, 200, 429])
    const refused = await read('192.0.2.1')
    expect(refused.body).toMatchObject({ code: 'rate_limited', status: 429 })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(refused.headers.get('ratelimit-remaining')).toBe('0')
    expect((await read('192.0.2.2')).status).toBe(200)
  })

  test('an IPv6 /64 counts as one address', async () => {
    const received = await statuses(5, (round) => read(`2001:db8:1:2::${round + 1}`))
    expect(received).toEqual([200, 200, 200, 200, 429])
    expect((await read('2001:db8:1:3::1')).status).toBe(200)
    // And the same IPv4 address is one caller, in whatever notation.
    expect(await statuses(4, () => read('::ffff:192.0.2.9'))).toEqual([200, 200, 200, 200])
    expect((await read('192.0.2.9')).status).toBe(429)
  })

  test('writes have a separate, smaller limit', async () => {
    const received = await statuses(7, (round) => book('192.0.2.1', { name: 'P', email: `p${round}@example.org` }))
    expect(received).toEqual([201, 201, 201, 201, 201, 201, 429])
    expect((await read('192.0.2.1')).status).toBe(200)
  })

  test('requests with wrong credentials are counted as anonymous', async () => {
    const guess = (round: number) => read('192.0.2.1', { authorization: `Bearer ${String(round).repeat(32)}` })
    expect(await statuses(5, guess)).toEqual([401, 401, 401, 401, 429])
  })

  test('probes are never counted', async () => {
    const received = await statuses(20, () => call(`${limited.url}/livez`, { headers: from('192.0.2.1') }))
    expect(new Set(received)).toEqual(new Set([200]))
  })
})

describe('proxies', () => {
  test('only the address from the trusted hop is used, whatever the client puts before it', async () => {
    expect(await statuses(5, (round) => read(`203.0.113.${round}, 192.0.2.1`))).toEqual([200, 200, 200, 200, 429])
  })

  test.each([
    ['an IPv4 address with ports', (round: number) => `192.0.2.1:${round + 1000}`, '192.0.2.1'],
    ['an IPv6 address with ports', (round: number) => `[2001:db8:7:7::1]:${round + 1000}`, '2001:db8:7:7::1'],
    ['an IPv6 address in brackets', () => '[2001:db8:7:7::1]', '2001:db8:7:7::1'],
    ['what is no address', (round: number) => `unknown-${round}:1`, 'nothing-known'],
  ])('%s is one client', async (_what, forwarded, same) => {
    expect(await statuses(4, (round) => read(forwarded(round)))).toEqual([200, 200, 200, 200])
    expect((await read(same)).status).toBe(429)
  })

  test('a proxy in a trusted network is recognized with its port', async () => {
    const named = await serverWith({ HOLDFAST_TRUSTED_PROXIES: '127.0.0.0/8,10.0.0.0/8' })
    const ask = (round: number) =>
      call(`${named.url}/api/v1/clinics`, { headers: from(`192.0.2.1:${round + 1000}, 10.0.0.7:${round + 2000}`) })
    expect(await statuses(5, ask)).toEqual([200, 200, 200, 200, 429])
    expect((await call(`${named.url}/api/v1/clinics`, { headers: from('192.0.2.2, 10.0.0.7:1') })).status).toBe(200)
  })

  test('without a trusted proxy the header is ignored', async () => {
    const direct = await serverWith({ HOLDFAST_TRUSTED_PROXIES: '0' })
    const ask = (round: number) =>
      call(`${direct.url}/api/v1/clinics`, {
        headers: { ...from(`192.0.2.${round}`), 'x-real-ip': `192.0.2.${round}`, forwarded: `for=192.0.2.${round}` },
      })
    expect(await statuses(5, ask)).toEqual([200, 200, 200, 200, 429])
  })

  test('proxies can be configured as networks instead of hops', async () => {
    const named = await serverWith({ HOLDFAST_TRUSTED_PROXIES: '127.0.0.0/8,10.0.0.0/8' })
    const ask = (round: number) =>
      call(`${named.url}/api/v1/clinics`, { headers: from(`203.0.113.${round}, 192.0.2.1, 10.0.0.7`) })
    expect(await statuses(5, ask)).toEqual([200, 200, 200, 200, 429])
  })

  test('the session stores the trusted address, not the claimed one', async () => {
    const { token } = await signUp(server.url, 'address@example.org')
    const signedIn = await call(`${limited.url}/api/auth/sign-in/email`, {
      method: 'POST',
      body: { email: 'address@example.org', password: 'a password of ten' },
      headers: { 'x-forwarded-for': '203.0.113.5, 192.0.2.77', 'x-holdfast-client-address': '203.0.113.6' },
    })
    expect(signedIn.body.token).not.toBe(token)
    const { rows } = await server.database.ownerPool.query(`
      select distinct "ipAddress" from auth.session s join auth."user" u on u.id = s."userId"
       where u.email = 'address@example.org' order by 1`)
    // The first one is that of the sign-up.
    expect(rows).toEqual([{ ipAddress: '127.0.0.1' }, { ipAddress: '192.0.2.77' }])
  })
})

describe('with an account', () => {
  test('requests count for the account, from any address; reads keep it from no write', async () => {
    const { token } = await signUp(server.url, `${randomUUID()}@example.org`)
    const ask = (round: number) => read(`192.0.2.${round}`, { authorization: `Bearer ${token}` })
    expect(await statuses(5, ask)).toEqual([200, 200, 200, 200, 429])
    expect((await read('192.0.2.1')).status).toBe(200)
    const url = `${limited.url}/api/v1/bookings/${randomUUID()}/arrive`
    const write = (round: number) => call(url, { method: 'POST', bearer: token, headers: from(`192.0.2.${round}`) })
    expect(await statuses(9, write)).toEqual([404, 404, 404, 404, 404, 404, 404, 404, 429])
  })

  test('bookings a minute are limited per account', async () => {
    const { token } = await signUp(server.url, `${randomUUID()}@example.org`)
    const received = await statuses(4, (round) => book(`192.0.2.${round}`, { name: 'P' }, token))
    expect(received).toEqual([201, 201, 201, 429])
  })
})

describe('bookings from one address', () => {
  test('are limited for guests and accounts together', async () => {
    const guests = await statuses(5, () => book('192.0.2.1', { name: 'P' }))
    const accounts = await Promise.all([1, 2, 3].map(() => signUp(server.url, `${randomUUID()}@example.org`)))
    const signedIn = await statuses(3, (round) => book('192.0.2.1', { name: 'P' }, accounts[round]?.token))
    expect([...guests, ...signedIn]).toEqual([201, 201, 201, 201, 201, 201, 201, 429])
    expect((await book('192.0.2.2', { name: 'P' }, accounts[2]?.token)).status).toBe(201)
  })

  test('an IPv6 client that takes another /64 for each booking is limited by its /56 and /48', async () => {
    // 12 writes of guests per /56 (the last byte of the fourth group differs), 24 per /48.
    const within56 = await statuses(13, (round) => book(`2001:db8:5:${round.toString(16)}::1`, { name: 'P' }))
    expect(within56).toEqual([...Array(12).fill(201), 429])
    const within48 = await statuses(13, (round) => book(`2001:db8:5:${(round + 1).toString(16)}00::1`, { name: 'P' }))
    expect(within48).toEqual([...Array(12).fill(201), 429])
    expect((await book('2001:db8:6::1', { name: 'P' })).status).toBe(201)
  })
})

describe('bookings on behalf of patients', () => {
  test('are limited neither by the account that makes them nor by the patient', async () => {
    const bearer = await signInAsAdministrator(server.url)
    const onBehalf = () =>
      call(`${limited.url}/api/v1/bookings`, {
        method: 'POST',
        body: { slotId, patient: { name: 'P', email: 'series@example.org' }, onBehalf: true },
        headers: { ...from('192.0.2.1'), 'idempotency-key': randomUUID() },
        bearer,
      })
    expect(await statuses(7, onBehalf)).toEqual([201, 201, 201, 201, 201, 201, 201])
    // The control: the same account for itself.
    const forSelf = await statuses(4, () => book('192.0.2.1', { name: 'P' }, bearer))
    expect(forSelf.slice(0, 1)).toEqual([201])
    expect(forSelf).toContain(429)
  })

  test('cannot be claimed by those who have no role in the clinic', async () => {
    const { token } = await signUp(server.url, `${randomUUID()}@example.org`)
    const body = { slotId, patient: { name: 'P', email: 'series@example.org' }, onBehalf: true }
    const headers = { ...from('192.0.2.1'), 'idempotency-key': randomUUID() }
    const response = await call(`${limited.url}/api/v1/bookings`, { method: 'POST', body, headers, bearer: token })
    expect(response.status).toBe(404)
  })
})

describe('bookings for one patient', () => {
  test('are limited by e-mail address, in any case', async () => {
    const emails = ['Pat@example.org', 'pat@EXAMPLE.org', 'PAT@example.org', 'other@example.org']
    const received = await statuses(4, (round) => book('192.0.2.1', { name: 'P', email: emails[round] }))
    expect(received).toEqual([201, 201, 429, 201])
  })

  test('do not keep the patient from booking, with an account or without, when a stranger sends them', async () => {
    const { token } = await signUp(server.url, `${randomUUID()}@example.org`)
    const victim = { name: 'P', email: 'victim@example.org' }
    expect(await statuses(3, () => book('192.0.2.1', victim))).toEqual([201, 201, 429])
    expect((await book('192.0.2.2', victim)).status).toBe(201)
    expect((await book('192.0.2.1', victim, token)).status).toBe(201)
  })

  test('are also limited when the e-mail address comes with the confirmation', async () => {
    const confirmAs = async (round: number) => {
      const held = await book('192.0.2.1', { name: `P${round}` })
      return call(`${limited.url}/api/v1/bookings/${held.body.id}/confirm`, {
        method: 'POST',
        body: { patient: { name: 'P', email: 'late@example.org' } },
        headers: from('192.0.2.1'),
        bearer: String(held.body.manageToken),
      })
    }
    expect(await statuses(3, confirmAs)).toEqual([200, 200, 429])
  })

  test('do not keep the owner of the address from booking with an account', async () => {
    const email = `${randomUUID()}@example.org`
    const { token } = await signUp(server.url, email)
    expect(await statuses(3, () => book('192.0.2.1', { name: 'Stranger', email }))).toEqual([201, 201, 429])
    expect((await book('192.0.2.1', { name: 'Owner', email: email.toUpperCase() }, token)).status).toBe(201)
  })

  test('without an e-mail address share no limit', async () => {
    expect(await statuses(5, () => book('192.0.2.1', { name: 'P' }))).toEqual([201, 201, 201, 201, 201])
  })
})

describe('sign-ins', () => {
  const password = 'a password of ten'
  const knownBrowserOf = ({ headers }: ApiResponse) =>
    /holdfast\.browser=[^;]+/.exec(headers.getSetCookie().join('; '))?.[0] ?? ''

  test('that fail are limited per e-mail address and network, with or without an account', async () => {
    await signUp(server.url, 'who@example.org')
    for (const [name, network] of [
      ['who', '2001:db8:1'],
      ['nobody', '2001:db8:2'],
    ] as const) {
      const received = await statuses(4, (round) =>
        signIn(`${network}:${round}::1`, round % 2 ? `${name.toUpperCase()}@example.org` : `${name}@example.org`),
      )
      expect(received, name).toEqual([401, 401, 401, 429])
    }
    const refused = await signIn('2001:db8:1:9::1', 'who@example.org', password)
    expect(refused.status).toBe(429)
    expect(refused.body.code).toBe('rate_limited')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('that fail elsewhere keep nobody out: not at another address, nor in a browser used before', async () => {
    await signUp(server.url, 'owner@example.org')
    const first = await signIn('192.0.2.1', 'owner@example.org', password)
    const browser = knownBrowserOf(first)
    expect(await statuses(4, () => signIn('192.0.2.1', 'owner@example.org'))).toEqual([401, 401, 401, 429])
    expect((await signIn('192.0.2.2', 'owner@example.org', password)).status).toBe(200)
    // The address itself is limited too.
    const { url } = await serverWith({ HOLDFAST_LIMIT_SIGN_INS_PER_IP: '1000' })
    const fail = (email: string) => statuses(4, () => signIn('192.0.2.1', email, undefined, url))
    const signInWith = (cookie: string, email: string) =>
      call(`${url}/api/auth/sign-in/email`, {
        method: 'POST',
        body: { email, password },
        headers: { ...from('192.0.2.1'), cookie },
      })
    await fail('owner@example.org')
    expect((await signInWith(browser, 'owner@example.org')).status).toBe(200)
    // The control: a changed cookie, or one that is for another account, is no known browser.
    await fail('owner@example.org')
    expect((await signInWith(`${browser.slice(0, -4)}AAAA`, 'owner@example.org')).status).toBe(429)
    await signUp(server.url, 'second@example.org')
    await fail('second@example.org')
    expect((await signInWith(browser, 'second@example.org')).status).toBe(429)
  })

  const signInKnown = (address: string, email: string, cookie: string, sent = password) =>
    call(`${limited.url}/api/auth/sign-in/email`, {
      method: 'POST',
      body: { email, password: sent },
      headers: { ...from(address), cookie },
    })

  test('of strangers at the same address keep nobody out of a browser that they used before', async () => {
    await signUp(server.url, 'desk@example.org')
    const browser = knownBrowserOf(await signIn('192.0.2.7', 'desk@example.org', password))
    expect(await statuses(5, (round) => signIn('192.0.2.1', `who${round}@example.org`))).not.toContain(429)
    expect((await signInKnown('192.0.2.1', 'desk@example.org', browser)).status).toBe(200)
    // The controls: a browser that is not known, and one that is for another account.
    expect((await signIn('192.0.2.1', 'desk@example.org', password)).status).toBe(429)
    expect((await signInKnown('192.0.2.1', 'who1@example.org', browser)).status).toBe(429)
  })

  test('in a known browser are limited by the account, however many browsers and addresses', async () => {
    await signUp(server.url, 'collector@example.org')
    const browsers: string[] = []
    for (const host of [1, 2, 3]) {
      browsers.push(knownBrowserOf(await signIn(`192.0.2.${host}`, 'collector@example.org', password)))
    }
    const received = await statuses(6, (round) =>
      signInKnown(`192.0.2.${round + 10}`, 'collector@example.org', browsers[round % 3] ?? '', 'not this one'),
    )
    expect(received).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('with the right password do not count', async () => {
    const { url } = await serverWith({ HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '1000' })
    await signUp(server.url, 'eight@example.org')
    const received = await statuses(8, () => signIn('192.0.2.1', 'eight@example.org', password, url))
    expect(new Set(received)).toEqual(new Set([200]))
    expect(await statuses(6, (round) => signIn('192.0.2.1', `who${round}@example.org`, undefined, url))).toEqual([
      ...Array(5).fill(401),
      429,
    ])
    // What was refused does not count either, in any network of the address.
    expect((await signIn('192.0.2.1', 'eight@example.org', password, url)).status).toBe(429)
  })

  test('of an IPv6 client that takes another /64 for each are limited by its /56 and /48', async () => {
    const within56 = await statuses(11, (round) =>
      signIn(`2001:db8:5:${round.toString(16)}::1`, `a${round}@example.org`),
    )
    expect(within56).toEqual([...Array(10).fill(401), 429])
    const within48 = await statuses(11, (round) =>
      signIn(`2001:db8:5:${(round + 1).toString(16)}00::1`, `b${round}@example.org`),
    )
    expect(within48).toEqual([...Array(10).fill(401), 429])
    expect((await signIn('2001:db8:6::1', 'c@example.org')).status).toBe(401)
  })

  test('are limited per address', async () => {
    const received = await statuses(6, (round) => signIn('192.0.2.1', `who${round}@example.org`))
    expect(received).toEqual([401, 401, 401, 401, 401, 429])
  })
})

test('with HOLDFAST_RATE_LIMIT=off nothing is limited (the control for all tests above)', async () => {
  const received = await statuses(20, (round) => signIn('192.0.2.250', 'who@example.org', `wrong ${round}`, server.url))
  expect(new Set(received)).toEqual(new Set([401]))
  expect((await call(`${server.url}/api/v1/clinics`)).headers.get('ratelimit-limit')).toBeNull()
})
