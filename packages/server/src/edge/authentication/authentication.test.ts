import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { newId } from '@holdfast/engine'
import Fastify from 'fastify'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { settingsAtStart } from '../../lifecycle/settings-at-start.ts'
import { createApiKeySecrets } from '../../secrets/api-keys.ts'
import { createManageTokens } from '../../secrets/manage-tokens.ts'
import { errorHandler } from '../errors/error-handler.ts'
import { rateLimits } from '../rate-limits/rate-limits.ts'
import { type AuthenticationDeps, authentication } from './authentication.ts'

/** A server that cannot look up who sends a request, or with the session that a test sets. */
const app = { current: Fastify() }
const apiKeySecrets = createApiKeySecrets(['a secret of the test'.repeat(2)])
const failing = () => Promise.reject(new Error('planted'))
const session: { look: AuthenticationDeps['principals']['bySession'] } = { look: failing }

beforeEach(async () => {
  const server = Fastify()
  server.setErrorHandler(errorHandler)
  const limits = { HOLDFAST_RATE_LIMIT: 'on', HOLDFAST_LIMIT_READS_PER_MINUTE: '2' }
  await server.register(rateLimits, {
    ...settingsAtStart(limits, () => undefined),
    manageTokens: createManageTokens(['a secret of the test'.repeat(2)]),
  })
  session.look = failing
  await server.register(authentication, {
    principals: {
      bySession: (token) => session.look(token),
      byJwt: failing,
      forget: () => undefined,
      forgetSession: () => undefined,
    },
    jwtVerifier: { verify: failing },
    sessionCookies: { read: (header) => header ?? null, readBearer: (token) => token },
    apiKeySecrets,
    openApiKey: failing,
    publicUrl: 'http://localhost',
    corsOrigins: [],
  })
  server.get('/', () => 'admitted')
  server.post('/', (request) => request.principal.kind)
  server.get('/again', { config: { authentication: 'none' } }, async (request) => server.identifyAgain(request))
  app.current = server
})
afterEach(() => app.current.close())

async function statuses(times: number, headers: Record<string, string>): Promise<number[]> {
  const found: number[] = []
  for (let round = 0; round < times; round += 1) {
    found.push((await app.current.inject({ url: '/', headers })).statusCode)
  }
  return found
}

const principal = {
  kind: 'account' as const,
  accountId: randomUUID(),
  email: 'ada@example.org',
  name: 'Ada',
  siteAdministrator: false,
  memberships: [],
  secondFactorAt: null,
  administrationNeedsSecondFactor: [],
}

test.for([
  ['a session cookie', { cookie: 'session' }],
  ['a token', { authorization: 'Bearer token' }],
  ['an API key', { authorization: `Bearer ${apiKeySecrets.issue(newId(1)).key}` }],
] as const)('requests with %s whose look-up fails are counted as anonymous', async ([, headers]) => {
  expect(await statuses(3, headers)).toEqual([500, 500, 429])
  expect(await statuses(1, {})).toEqual([429])
})

test('an account that must change its password is nobody when a stream looks it up again', async () => {
  const again = async (mustChangePassword: boolean) => {
    session.look = async () => ({ principal, sessionId: 'a session', mustChangePassword })
    return (await app.current.inject({ url: '/again', headers: { cookie: 'session' } })).json()
  }
  expect(await again(false)).toMatchObject({ kind: 'account' })
  expect(await again(true)).toEqual({ kind: 'anonymous' })
})

/** Sends a body whose second part comes after `meanwhile`, by a clock that is `msLater` then. */
async function sendInParts(msLater: number, meanwhile: () => void) {
  const startedAt = performance.now()
  const clock = vi.spyOn(performance, 'now').mockReturnValue(startedAt)
  async function* parts() {
    yield '{"name":'
    meanwhile()
    clock.mockReturnValue(startedAt + msLater)
    yield '"Ada"}'
  }
  try {
    const headers = { authorization: 'Bearer token', 'content-type': 'application/json' }
    const { statusCode, body } = await app.current.inject({
      method: 'POST',
      url: '/',
      headers,
      payload: Readable.from(parts()),
    })
    return [statusCode, statusCode === 200 ? body : JSON.parse(body).code]
  } finally {
    clock.mockRestore()
  }
}

test('whoever is signed out while their body arrives is refused, by a second look-up', async () => {
  let lookUps = 0
  const lookOnce = (found: Awaited<ReturnType<typeof session.look>>) => {
    session.look = async () => {
      lookUps += 1
      return found
    }
  }
  const signedIn = { principal, sessionId: 'a session', mustChangePassword: false }
  lookOnce(signedIn)
  expect(await sendInParts(99, () => undefined)).toEqual([200, 'account'])
  expect(lookUps).toBe(1)
  expect(await sendInParts(101, () => undefined)).toEqual([200, 'account'])
  expect(lookUps).toBe(3)
  expect(await sendInParts(101, () => lookOnce(null))).toEqual([401, 'unauthenticated'])
  lookOnce(signedIn)
  const withNewPassword = () => lookOnce({ ...signedIn, mustChangePassword: true })
  expect(await sendInParts(101, withNewPassword)).toEqual([403, 'password_change_required'])
})
