// Drill: outages of Redis
import { randomUUID } from 'node:crypto'
import { openRedis } from '@holdfast/adapters/redis'
import { aClinic, aDoctor, aSlot, until } from '@holdfast/testkit'
import { type RedisServer, startRedisServer, whyNoRedis } from '@holdfast/testkit/redis-server'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { accountsPool } from '../src/accounts/accounts-schema.ts'
import { createAttemptLimits } from '../src/accounts/attempts/attempt-limits.ts'
import { shareAttemptLimits } from '../src/accounts/attempts/shared-attempt-limits.ts'
import { createPrincipals } from '../src/accounts/sessions/principals.ts'
import { createRevocations } from '../src/accounts/sessions/revocations.ts'
import { createSessionCookies } from '../src/accounts/sessions/session-cookie.ts'
import { call, type RunningServer, runningServer, serverOn, settingsFor, signUp } from './running-server.ts'

const reason = whyNoRedis()
if (reason !== null) console.warn(`Redis is not tested here: ${reason}`)

type Limited = Awaited<ReturnType<typeof serverOn>>

const limits = {
  HOLDFAST_RATE_LIMIT: 'on',
  HOLDFAST_TRUSTED_PROXIES: '1',
  HOLDFAST_LIMIT_READS_PER_MINUTE: '5',
  HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '100000',
  HOLDFAST_LIMIT_BOOKINGS_PER_ADDRESS: '100000',
  HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL: '60',
  HOLDFAST_LIMIT_SIGN_INS_PER_IP: '4',
}

describe.runIf(reason === null)('with Redis', () => {
  let server: RunningServer
  let redis: RedisServer
  let slotId: string
  /** Each test has separate addresses. */
  let begun = 0

  beforeAll(async () => {
    redis = await startRedisServer()
    server = await runningServer()
    const clinic = await aClinic(server.database)
    // The limits of bookings in a clinic are not tested here.
    await server.database.ownerPool.query(`
      update holdfast.clinic set address_holds_max = 1000, address_bookings_max = 1000, account_holds_max = 1000,
        account_bookings_max = 1000, contact_holds_max = 1000, contact_bookings_max = 1000`)
    slotId = (await aSlot(server.database, await aDoctor(server.database, clinic), { capacity: 1000 })).id
  })
  afterAll(async () => {
    await server.end()
    await redis.stop()
  })

  async function serversWith(count: number, env: Record<string, string> = {}): Promise<Limited[]> {
    begun += 1
    const redisSettings = { REDIS_URL: redis.url, HOLDFAST_REDIS_MS_MAX: '10000' }
    const servers = await Promise.all(
      Array.from({ length: count }, () => serverOn(server.database, { ...limits, ...redisSettings, ...env })),
    )
    onTestFinished(async () => {
      await Promise.all(servers.map((each) => each.stop()))
    })
    return servers
  }

  const from = (address: string) => ({ 'x-forwarded-for': address.replace('192.0.2.', `172.16.${begun}.`) })
  const urlOf = (servers: readonly Limited[], round: number) => servers[round % servers.length]?.url ?? ''
  const book = (url: string, email: string) =>
    call(`${url}/api/v1/bookings`, {
      method: 'POST',
      body: { slotId, patient: { name: 'P', email } },
      headers: { ...from('192.0.2.1'), 'idempotency-key': randomUUID() },
    })
  const signIn = (url: string, address: string, email: string) =>
    call(`${url}/api/auth/sign-in/email`, {
      method: 'POST',
      body: { email, password: 'not this one' },
      headers: from(address),
    })
  const untilLogged = (servers: readonly Limited[], text: string, times = 1) =>
    until(
      async () => servers.every((each) => each.logText().split(text).length > times),
      `the log has ${times} × "${text}"`,
    )

  test.each([1, 3])('%i servers admit exactly the limit of requests sent at the same time', async (count) => {
    const servers = await serversWith(count)
    const email = `${randomUUID()}@example.org`
    const sent = Array.from({ length: 90 }, (_, round) => book(urlOf(servers, round), email))
    const statuses = (await Promise.all(sent)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(60)
    expect(statuses.filter((status) => status === 429)).toHaveLength(30)
  })

  test('the negative control: without Redis, three servers admit three times the limit', async () => {
    const servers = await serversWith(3, { REDIS_URL: '', HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL: '3' })
    const email = `${randomUUID()}@example.org`
    const sent = Array.from({ length: 12 }, (_, round) => book(urlOf(servers, round), email))
    expect((await Promise.all(sent)).filter(({ status }) => status === 201)).toHaveLength(9)
  })

  test('three servers count requests for the links of lost tickets together', async () => {
    const mailed = { SMTP_URL: 'smtp://127.0.0.1:9', HOLDFAST_MAIL_FROM: 'desk@example.org' }
    const servers = await serversWith(3, mailed)
    const statuses: number[] = []
    for (let round = 0; round < 21; round += 1) {
      const { status } = await call(`${urlOf(servers, round)}/api/v1/ticket-links`, {
        method: 'POST',
        body: { clinicId: randomUUID(), reference: '0123abcd', day: '2030-01-01', email: 'who@example.org' },
        headers: from('192.0.2.9'),
      })
      statuses.push(status)
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(1)
    expect(statuses.at(-1)).toBe(429)
  })

  test('three servers respond with the same statuses and headers as one', async () => {
    const responses = async (servers: readonly Limited[]) => {
      const received: string[] = []
      const add = ({ status, headers }: Awaited<ReturnType<typeof call>>) =>
        received.push(`${status} ${headers.get('ratelimit-limit')} ${headers.get('ratelimit-remaining')}`)
      for (let round = 0; round < 7; round += 1) {
        add(await call(`${urlOf(servers, round)}/api/v1/clinics`, { headers: from('192.0.2.1') }))
      }
      for (let round = 0; round < 6; round += 1) {
        add(await signIn(urlOf(servers, round), '192.0.2.3', `who${round}@example.org`))
      }
      return received
    }
    const ofOne = await responses(await serversWith(1))
    const ofThree = await responses(await serversWith(3))
    expect(ofThree).toEqual(ofOne)
    expect(ofOne.slice(0, 7)).toEqual(['200 5 4', '200 5 3', '200 5 2', '200 5 1', '200 5 0', '429 5 0', '429 5 0'])
    const signIns = ofOne.slice(7).map((text) => text.slice(0, 3))
    expect(signIns).toEqual(['401', '401', '401', '401', '429', '429'])
  })

  test('wrong passwords slow down the next attempt at every server', async () => {
    const openLink = async () => {
      const link = await openRedis({ url: redis.url, callMsMax: 10_000, onChange: () => undefined })
      onTestFinished(() => link.close())
      return shareAttemptLimits(createAttemptLimits(3), link, (text) => text.replaceAll(' ', '-'))
    }
    const [here, there] = [await openLink(), await openLink()]
    expect([await here.begin('a'), await there.begin('a')]).toEqual([0, 0])
    // It counts ten failures, so that the pause is longer than this test.
    redis.command('HSET', 'holdfast:attempts:attempts-a', 'n', '10')
    expect(await here.begin('a')).toBe(0)
    for (const limits of [here, there]) {
      const seconds = await limits.begin('a')
      expect(seconds).toBeGreaterThan(100)
      expect(seconds).toBeLessThanOrEqual(2 * 2 ** 8)
    }
    await there.withdrawn('a')
    expect(redis.command('HGET', 'holdfast:attempts:attempts-a', 'n').trim()).toBe('10')
    expect(await here.begin('a')).toBe(0)
    await there.succeeded('a')
    expect(redis.command('EXISTS', 'holdfast:attempts:attempts-a').trim()).toBe('0')
  })

  test('a session that one process ends is refused by the others, though they have it in memory', async () => {
    const pool = accountsPool(server.database.appUrl, 2, 'test')
    onTestFinished(() => pool.end())
    const idle = { patientSeconds: 3600, staffSeconds: 3600 }
    const digestOf = (text: string) => `digest of ${text}`
    /** In its memory a session stays for an hour. */
    const aProcess = async (isPublished = true) => {
      const link = await openRedis({ url: redis.url, callMsMax: 10_000, onChange: () => undefined })
      onTestFinished(() => link.close())
      const revocations = createRevocations(link, digestOf)
      const silent = { ...revocations, publish: async () => undefined }
      const options = { revocations: isPublished ? revocations : silent, cacheMs: 3_600_000 }
      return createPrincipals(pool, idle, false, options)
    }
    const [here, there, silent] = [await aProcess(), await aProcess(), await aProcess(false)]
    await until(async () => redis.command('PUBSUB', 'NUMSUB', 'holdfast:revoked').includes('3'), 'three subscribers')
    const cookies = createSessionCookies([settingsFor(server.database).HOLDFAST_SECRET ?? ''], false)
    const sessionOf = async () => {
      const { id, token } = await signUp(server.url, `${randomUUID()}@example.org`)
      return { id, token: cookies.readBearer(token) ?? '' }
    }
    const end = (id: string) => server.database.ownerPool.query('delete from auth.session where "userId" = $1', [id])
    const [first, second, last] = [await sessionOf(), await sessionOf(), await sessionOf()]
    for (const { token } of [first, second, last]) expect(await there.bySession(token)).not.toBeNull()

    await end(first.id)
    await here.forget(first.id)
    const untilRefused = (token: string) =>
      until(async () => (await there.bySession(token)) === null, 'the session is refused')
    await untilRefused(first.token)
    expect(await there.bySession(second.token)).not.toBeNull()

    // The negative control: a revocation that is not published. The next one, which is, has arrived.
    await end(second.id)
    await silent.forget(second.id)
    await end(last.id)
    await here.forget(last.id)
    await untilRefused(last.token)
    expect(await there.bySession(second.token)).not.toBeNull()

    // A server that may have missed revocations reads all sessions again.
    redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await untilRefused(second.token)
  })

  test('what Redis stores names no address, and expires', async () => {
    const [one] = await serversWith(1)
    redis.command('FLUSHALL')
    const email = `${randomUUID()}@example.org`
    await book(one?.url ?? '', email)
    await signIn(one?.url ?? '', '192.0.2.4', email)
    const keys = redis.command('KEYS', '*').trim().split('\n')
    expect(keys.length).toBeGreaterThan(3)
    for (const key of keys) {
      expect(key).toMatch(/^holdfast:(limit:[a-z0-9-]+|attempts):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      expect(Number(redis.command('PTTL', key))).toBeGreaterThan(0)
      expect(redis.command('HGETALL', key)).toMatch(/^(n|end|until|\d+|\n)+$/)
    }
  })

  test('when Redis ends, each server counts for itself, and together again when it is back', async () => {
    const servers = await serversWith(3, { HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL: '6' })
    const email = `${randomUUID()}@example.org`
    const admitted = async (rounds: number) => {
      const sent = await Promise.all(Array.from({ length: rounds }, (_, round) => book(urlOf(servers, round), email)))
      expect(sent.filter(({ status }) => status !== 201 && status !== 429)).toEqual([])
      return sent.filter(({ status }) => status === 201).length
    }
    expect(await admitted(3)).toBe(3)
    await redis.kill()
    await untilLogged(servers, 'Redis is unavailable')
    // Each has admitted one, and goes on from there.
    expect(await admitted(30)).toBe(3 * 5)
    await redis.start()
    await untilLogged(servers, 'Redis is available', 2)
    // It is empty: a new window for all together.
    expect(await admitted(30)).toBe(6)
    redis.command('FLUSHALL')
    expect(await admitted(30)).toBe(6)
    for (const each of servers) expect(each.logText().split('Redis is unavailable')).toHaveLength(2)
  })

  test('a Redis that does not respond delays no more than a few bookings, and is used again when it does', async () => {
    const [one] = await serversWith(1, { HOLDFAST_REDIS_MS_MAX: '50', HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL: '1000' })
    const url = one?.url ?? ''
    redis.signal('SIGSTOP')
    onTestFinished(() => redis.signal('SIGCONT'))
    const statuses: number[] = []
    while (!one?.logText().includes('Redis is unavailable')) statuses.push((await book(url, 'a@example.org')).status)
    for (let round = 0; round < 20; round += 1) statuses.push((await book(url, 'a@example.org')).status)
    expect(new Set(statuses)).toEqual(new Set([201]))
    redis.signal('SIGCONT')
    await untilLogged(
      [one].flatMap((each) => each ?? []),
      'Redis is available',
      2,
    )
  })

  test('a server starts without Redis, and counts alone', async () => {
    const servers = await serversWith(1, {
      REDIS_URL: 'redis://user:not-to-be-shown@127.0.0.1:1/0',
      HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL: '2',
    })
    const sent = [1, 2, 3].map(() => book(urlOf(servers, 0), 'b@example.org'))
    expect((await Promise.all(sent)).filter(({ status }) => status === 201)).toHaveLength(2)
    expect(servers[0]?.logText()).toContain('Redis is unavailable')
    expect(servers[0]?.logText()).not.toContain('not-to-be-shown')
  })
})
