import rateLimitPlugin, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../config.ts'
import { problem } from './problem-error.ts'

/** Callers per bucket; the least recently seen is dropped first. About 10 MB in total when all are full. */
const callersMax = 20_000
const minuteMs = 60_000
const quarterHourMs = 15 * minuteMs

export type RateLimits = {
  /**
   * Counts an API request: by account, or without one by IP address, with separate limits for reads and writes.
   *
   * @throws ProblemError rate_limited
   */
  countRequest(request: FastifyRequest, reply: FastifyReply): Promise<void>
  /** Counts a sign-in or sign-up by IP address and by e-mail address. @throws ProblemError rate_limited */
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
 * The rate limits: `app.rateLimits`, `app.limitBooking` and `app.limitPatient`. Each process counts in memory, so n
 * processes admit up to n times as many requests. IPv6 clients are counted by /64, because one customer has that many
 * addresses.
 */
export const rateLimits = fp(async (app: FastifyInstance, settings: LimitSettings) => {
  if (!settings.rateLimit) {
    const noLimit = async () => undefined
    app.decorate('rateLimits', {
      countRequest: noLimit,
      countSignInByAddress: noLimit,
      countSignInByEmail: noLimit,
    })
    app.decorate('limitBooking', noLimit)
    app.decorate('limitPatient', noLimit)
    return
  }
  await app.register(rateLimitPlugin, { global: false })

  const bucket = (max: number, timeWindow: number, what: string, keyGenerator: (request: FastifyRequest) => string) => {
    // The store reads `cache`, which its type does not declare.
    const options = { max, timeWindow, keyGenerator, cache: callersMax }
    const count = app.createRateLimit(options)
    return (async (request, reply) => {
      const state = await count(request)
      if (!state.isAllowed) applyState(reply, { ...state, what })
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

  const limitPatient = async (request: FastifyRequest, reply: FastifyReply) => {
    if (patientEmail(request) !== null) await bookingsByEmail(request, reply)
  }
  app.decorate('limitBooking', async (request, reply) => {
    if (request.principal.kind === 'account') await bookingsByAccount(request, reply)
    await limitPatient(request, reply)
  })
  app.decorate('limitPatient', limitPatient)
  app.decorate('rateLimits', {
    countRequest: (request, reply) => {
      if (request.principal.kind === 'account') return account(request, reply)
      return request.method === 'GET' || request.method === 'HEAD' ? reads(request, reply) : writes(request, reply)
    },
    countSignInByAddress: signInsByAddress,
    countSignInByEmail: signInsByEmail,
  })
})

type BucketState = { max: number; remaining: number; ttlInSeconds: number; isExceeded: boolean; what: string }

/** Writes the headers of the bucket with the fewest requests left. @throws ProblemError rate_limited */
function applyState(reply: FastifyReply, state: BucketState): void {
  const lowest = reply.getHeader('ratelimit-remaining')
  if (typeof lowest !== 'number' || state.remaining <= lowest) {
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

/** A string field of a body, lower-cased. */
function textIn(body: unknown, field: string): string | null {
  const value =
    typeof body === 'object' && body !== null ? Object.getOwnPropertyDescriptor(body, field)?.value : undefined
  return typeof value === 'string' ? value.trim().toLowerCase() : null
}
