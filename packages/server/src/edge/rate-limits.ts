import rateLimitPlugin, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../config.ts'
import { problem } from './problem-error.ts'
import { settleHook } from './settle-hook.ts'

/** How many callers a bucket remembers; the one not seen longest is forgotten first. Some 10 MB in all when full. */
const callersMax = 20_000
const minuteMs = 60_000
const quarterHourMs = 15 * minuteMs

export type RateLimits = {
  /**
   * Counts a request to the API: reads and writes without an account by address, an account's requests by account.
   * undefined: nothing is counted.
   */
  countRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined
  /** Counts a sign-in or sign-up by address, and by e-mail address. @throws ProblemError rate_limited */
  countSignInByAddress(request: FastifyRequest, reply: FastifyReply): Promise<void>
  countSignInByEmail(request: FastifyRequest, reply: FastifyReply): Promise<void>
}

declare module 'fastify' {
  interface FastifyInstance {
    rateLimits: RateLimits
  }
}

type LimitSettings = Pick<
  Config,
  | 'rateLimit'
  | 'limitReadsPerMinute'
  | 'limitAnonymousWritesPerMinute'
  | 'limitAccountPerMinute'
  | 'limitSignInsPerIp'
  | 'limitSignInsPerEmail'
  | 'limitBookingsPerAccount'
  | 'limitBookingsPerEmail'
>

type Bucket = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * The rate limits: `app.rateLimits`, `app.limitBooking` and `app.limitPatient`. Each process counts for itself, in memory, so n processes
 * admit up to n times as much. An IPv6 client is its /64, as one customer has that many addresses.
 */
export const rateLimits = fp(async (app: FastifyInstance, settings: LimitSettings) => {
  if (!settings.rateLimit) {
    const free = async () => undefined
    app.decorate('rateLimits', { countRequest: () => undefined, countSignInByAddress: free, countSignInByEmail: free })
    app.decorate('limitBooking', unlimited)
    app.decorate('limitPatient', unlimited)
    return
  }
  await app.register(rateLimitPlugin, { global: false })

  const bucket = (max: number, timeWindow: number, what: string, keyGenerator: (request: FastifyRequest) => string) => {
    // The store reads `cache`; its type has forgotten to say so.
    const options = { max, timeWindow, keyGenerator, cache: callersMax }
    const count = app.createRateLimit(options)
    return (async (request, reply) => {
      const state = await count(request)
      if (!state.isAllowed) note(reply, { ...state, what })
    }) satisfies Bucket
  }

  const reads = bucket(settings.limitReadsPerMinute, minuteMs, 'reads a minute from one address', address)
  const writes = bucket(settings.limitAnonymousWritesPerMinute, minuteMs, 'writes a minute without an account', address)
  const account = bucket(settings.limitAccountPerMinute, minuteMs, 'requests a minute of one account', accountId)
  const signInsByAddress = bucket(settings.limitSignInsPerIp, quarterHourMs, 'sign-ins in 15 minutes', address)
  const signInsByEmail = bucket(
    settings.limitSignInsPerEmail,
    quarterHourMs,
    'sign-ins in 15 minutes for one e-mail address',
    (request) => textIn(request.body, 'email') ?? '',
  )
  const bookingsByAccount = bucket(settings.limitBookingsPerAccount, minuteMs, 'bookings a minute', accountId)
  const bookingsByEmail = bucket(
    settings.limitBookingsPerEmail,
    quarterHourMs,
    "bookings in 15 minutes for one patient's e-mail address",
    (request) => patientEmail(request) ?? '',
  )

  const countPatient = (request: FastifyRequest, reply: FastifyReply) =>
    patientEmail(request) === null ? undefined : bookingsByEmail(request, reply)
  const countBooking = async (request: FastifyRequest, reply: FastifyReply) => {
    await bookingsByAccount(request, reply)
    await countPatient(request, reply)
  }
  app.decorate('limitBooking', (request, reply, done) => {
    const isAccount = request.principal.kind === 'account'
    settleHook(isAccount ? countBooking(request, reply) : countPatient(request, reply), done)
  })
  app.decorate('limitPatient', (request, reply, done) => settleHook(countPatient(request, reply), done))
  app.decorate('rateLimits', {
    countRequest: (request, reply) => {
      if (request.principal.kind === 'account') return account(request, reply)
      return request.method === 'GET' || request.method === 'HEAD' ? reads(request, reply) : writes(request, reply)
    },
    countSignInByAddress: signInsByAddress,
    countSignInByEmail: signInsByEmail,
  })
})

const unlimited: preHandlerHookHandler = (_request, _reply, done) => done()

type BucketState = { max: number; remaining: number; ttlInSeconds: number; isExceeded: boolean; what: string }

/** The headers tell of the bucket that is nearest to its end. @throws ProblemError rate_limited */
function note(reply: FastifyReply, state: BucketState): void {
  const told = reply.getHeader('ratelimit-remaining')
  if (typeof told !== 'number' || state.remaining <= told) {
    void reply.headers({
      'ratelimit-limit': state.max,
      'ratelimit-remaining': state.remaining,
      'ratelimit-reset': state.ttlInSeconds,
    })
  }
  if (state.isExceeded) {
    throw problem('rate_limited', `More than ${state.max} ${state.what}.`, { retryAfterSeconds: state.ttlInSeconds })
  }
}

function address(request: FastifyRequest): string {
  return normalizeIP(request.ip, 64)
}

function accountId(request: FastifyRequest): string {
  return request.principal.kind === 'account' ? request.principal.accountId : ''
}

function patientEmail(request: FastifyRequest): string | null {
  const { body } = request
  return typeof body === 'object' && body !== null && 'patient' in body ? textIn(body.patient, 'email') : null
}

/** A field of a body as counted: whatever its case. */
function textIn(body: unknown, field: string): string | null {
  const value =
    typeof body === 'object' && body !== null ? Object.getOwnPropertyDescriptor(body, field)?.value : undefined
  return typeof value === 'string' ? value.trim().toLowerCase() : null
}
