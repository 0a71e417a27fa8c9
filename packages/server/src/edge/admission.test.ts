import Fastify from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { settingsAtStart } from '../lifecycle/settings-at-start.ts'
import { admission } from './admission.ts'
import { errorHandler } from './error-handler.ts'
import { rateLimits } from './rate-limits.ts'

/** A server that cannot look up who sends a request. */
const app = { current: Fastify() }

beforeEach(async () => {
  const server = Fastify()
  server.setErrorHandler(errorHandler)
  const limits = { HOLDFAST_RATE_LIMIT: 'on', HOLDFAST_LIMIT_READS_PER_MINUTE: '2' }
  await server.register(
    rateLimits,
    settingsAtStart(limits, () => undefined),
  )
  const failing = () => Promise.reject(new Error('planted'))
  await server.register(admission, {
    principals: { bySession: failing, byJwt: failing, forget: () => undefined, forgetSession: () => undefined },
    jwtVerifier: { verify: failing },
    sessionCookies: { read: (header) => header ?? null, readBearer: () => null },
    publicUrl: 'http://localhost',
    corsOrigins: [],
  })
  server.get('/', () => 'admitted')
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

test.for([
  ['a session cookie', { cookie: 'session' }],
  ['a token', { authorization: 'Bearer token' }],
] as const)('requests with %s whose look-up fails are counted as anonymous', async ([, headers]) => {
  expect(await statuses(3, headers)).toEqual([500, 500, 429])
  expect(await statuses(1, {})).toEqual([429])
})
