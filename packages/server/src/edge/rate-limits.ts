import { isIPv6 } from 'node:net'
import rateLimitPlugin from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../config/config.ts'
import { callbackHook } from './callback-hook.ts'
import { clientAddress, networkOf } from './client-address.ts'
import { problem } from './problem-error.ts'
import { type WindowCount, windowCounts } from './window-counts.ts'

/** Callers per bucket; the least recently seen is dropped first. About 10 MB in total when all are full. */
const callersMax = 20_000
const emailLengthMax = 254
const credentialIdLengthMax = 254
/** Of the limit of anonymous writes. A sign-in with a passkey takes two requests: by default 100 sign-ins a minute. */
const passkeyRequestsFactor = 20
const minuteMs = 60_000
const quarterHourMs = 15 * minuteMs

export type RateLimits = {
  /**
   * Counts an API request: by account, or without one by IP address, with separate limits for reads and writes.
   *
   * @returns undefined when limits are off
   */
  countRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined
  /**
   * Counts a request to sign in, apart from other writes: whoever shares the IP address must not keep others out. In a
   * browser where the account was used before it counts for the account, else for e-mail address and IP address
   * together. By the account and not by the browser, because somebody can make as many browsers known as they like, but
   * only for their own account.
   *
   * @throws ProblemError rate_limited
   */
  countSignInRequest(request: FastifyRequest, reply: FastifyReply, knownEmail: string | null): void
  /**
   * Counts a sign-in, sign-up or reset of a password: by account in a browser where it was used before, else by IP
   * address.
   *
   * @throws ProblemError rate_limited
   */
  countSignIn(request: FastifyRequest, reply: FastifyReply, knownEmail: string | null): SignInCount
  /**
   * Counts a request to sign in with a passkey, apart from all others: by passkey and IP address, and by IP address
   * with a limit that a clinic's people do not reach together. Signatures cannot be guessed, so failed ones do not
   * count as failed passwords do.
   *
   * @throws ProblemError rate_limited
   */
  countPasskeyRequest(request: FastifyRequest, reply: FastifyReply): void
}

/** To be given back if the password was right, or was not checked. */
export type SignInCount = { giveBack(): void }

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
  | 'limitBookingsPerAccount'
  | 'limitBookingsPerAddress'
  | 'limitBookingsPerEmail'
>

type Bucket = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * The rate limits: `app.rateLimits`, `app.limitBooking` and `app.limitPatient`. Each process counts in memory, so n
 * processes admit up to n times as many requests.
 */
export const rateLimits = fp(async (app: FastifyInstance, settings: LimitSettings) => {
  if (!settings.rateLimit) {
    app.decorate('rateLimits', {
      countRequest: () => undefined,
      countSignInRequest: () => undefined,
      countSignIn: () => ({ giveBack: () => undefined }),
      countPasskeyRequest: () => undefined,
    })
    app.decorate('limitBooking', unlimited)
    app.decorate('limitPatient', unlimited)
    return
  }
  await app.register(rateLimitPlugin, { global: false })

  const bucket: CreateBucket = (max, timeWindow, what, keyGenerator) => {
    // The store reads `cache`, which its type does not declare.
    const options = { max, timeWindow, keyGenerator, cache: callersMax }
    const count = app.createRateLimit(options)
    return async (request, reply) => {
      const state = await count(request)
      if (!state.isAllowed) applyState(reply, { ...state, what })
    }
  }

  const reads = bucketsByAddress(bucket, settings.limitReadsPerMinute, 'reads a minute')
  const writes = bucketsByAddress(bucket, settings.limitAnonymousWritesPerMinute, 'writes a minute without an account')
  const account = bucket(settings.limitAccountPerMinute, minuteMs, 'requests a minute of one account', accountId)
  const bookingsByAddress = bucketsByAddress(bucket, settings.limitBookingsPerAddress, 'bookings a minute')
  const bookingsByAccount = bucket(settings.limitBookingsPerAccount, minuteMs, 'bookings a minute', accountId)
  const bookingsByEmail = bucket(
    settings.limitBookingsPerEmail,
    quarterHourMs,
    "bookings in 15 minutes for one patient's e-mail address",
    // By caller: a stranger who books with somebody's address must not keep them from booking.
    (request) => `${patientEmail(request)} ${accountId(request) || clientAddress(request)}`,
  )

  const countPatient = (request: FastifyRequest, reply: FastifyReply) =>
    patientEmail(request) === null || isOwnEmail(request) ? undefined : bookingsByEmail(request, reply)
  const countBooking = async (request: FastifyRequest, reply: FastifyReply) => {
    await bookingsByAddress(request, reply)
    if (request.principal.kind === 'account') await bookingsByAccount(request, reply)
    await countPatient(request, reply)
  }
  app.decorate('limitBooking', (request, reply, done) => {
    // The clinic's people book for one patient after another. Anyone else who says so is refused by the guards.
    if (isOnBehalf(request)) return done()
    callbackHook(countBooking(request, reply), done)
  })
  app.decorate('limitPatient', (request, reply, done) => callbackHook(countPatient(request, reply), done))
  app.decorate('rateLimits', {
    countRequest: (request, reply) => {
      if (request.principal.kind === 'account') return account(request, reply)
      return request.method === 'GET' || request.method === 'HEAD' ? reads(request, reply) : writes(request, reply)
    },
    ...signInLimits(settings),
  })
})

function signInLimits(
  settings: LimitSettings,
): Pick<RateLimits, 'countSignInRequest' | 'countSignIn' | 'countPasskeyRequest'> {
  const { limitSignInsPerIp: max, limitAnonymousWritesPerMinute: writesMax } = settings
  const ofKnownBrowsers = windowCounts(max, quarterHourMs, callersMax)
  const requests = windowCounts(writesMax, minuteMs, callersMax)
  const byAddress = countsByAddress(max, quarterHourMs)
  const passkeysByAddress = countsByAddress(passkeyRequestsFactor * writesMax, minuteMs)
  const passkeys = windowCounts(writesMax, minuteMs, callersMax)
  return {
    countSignInRequest(request, reply, knownEmail) {
      const email = textIn(request.body, 'email')?.slice(0, emailLengthMax) ?? ''
      const key = knownEmail ?? `${email} ${clientAddress(request)}`
      applyState(reply, { ...requests(key), what: 'sign-ins a minute' })
    },
    countSignIn(request, reply, knownEmail) {
      const what = 'sign-ins in 15 minutes'
      if (knownEmail !== null) {
        const count = ofKnownBrowsers(knownEmail)
        applyState(reply, { ...count, what })
        return count
      }
      const counts = byAddress(request)
      for (const count of counts) applyState(reply, { ...count, what })
      return { giveBack: () => giveBack(counts) }
    },
    countPasskeyRequest(request, reply) {
      const what = 'sign-ins with passkeys a minute'
      for (const count of passkeysByAddress(request)) applyState(reply, { ...count, what })
      const id = textIn(fieldOf(request.body, 'response'), 'id')?.slice(0, credentialIdLengthMax)
      if (id !== undefined) applyState(reply, { ...passkeys(`${id} ${clientAddress(request)}`), what })
    },
  }
}

/** Like {@link bucketsByAddress}, with counts that can be given back. */
function countsByAddress(max: number, windowMs: number): (request: FastifyRequest) => WindowCount[] {
  const ofAddress = windowCounts(max, windowMs, callersMax)
  const ofSite = windowCounts(2 * max, windowMs, callersMax)
  const ofNetwork = windowCounts(4 * max, windowMs, callersMax)
  return (request) => {
    const counts = [ofAddress(clientAddress(request))]
    if (isInIPv6Network(request.ip)) {
      counts.push(ofSite(networkOf(request.ip, 56)), ofNetwork(networkOf(request.ip, 48)))
    }
    // What one limit refuses counts for none.
    if (counts.some(({ isExceeded }) => isExceeded)) giveBack(counts)
    return counts
  }
}

function giveBack(counts: readonly WindowCount[]): void {
  for (const count of counts) count.giveBack()
}

type CreateBucket = (
  max: number,
  windowMs: number,
  what: string,
  keyGenerator: (request: FastifyRequest) => string,
) => Bucket

/**
 * Counts by address, and an IPv6 client by its larger networks too, with twice and four times the limit: one customer
 * may have a /56 or a /48, and take addresses from any part of it.
 */
function bucketsByAddress(bucket: CreateBucket, max: number, what: string): Bucket {
  const ofAddress = bucket(max, minuteMs, `${what} from one address`, clientAddress)
  const ofSite = bucket(2 * max, minuteMs, `${what} from one network`, ({ ip }) => networkOf(ip, 56))
  const ofNetwork = bucket(4 * max, minuteMs, `${what} from one network`, ({ ip }) => networkOf(ip, 48))
  return async (request, reply) => {
    await ofAddress(request, reply)
    if (!isInIPv6Network(request.ip)) return
    await ofSite(request, reply)
    await ofNetwork(request, reply)
  }
}

function isInIPv6Network(ip: string): boolean {
  return isIPv6(ip) && !ip.startsWith('::ffff:')
}

const unlimited: preHandlerHookHandler = (_request, _reply, done) => done()

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

function accountId(request: FastifyRequest): string {
  return request.principal.kind === 'account' ? request.principal.accountId : ''
}

function patientEmail(request: FastifyRequest): string | null {
  const { body } = request
  return typeof body === 'object' && body !== null && 'patient' in body ? textIn(body.patient, 'email') : null
}

/** Strangers who name an address must not keep its owner from booking: the account is counted instead. */
function isOwnEmail(request: FastifyRequest): boolean {
  const { principal } = request
  return principal.kind === 'account' && principal.email.toLowerCase() === patientEmail(request)
}

function isOnBehalf({ body }: FastifyRequest): boolean {
  return typeof body === 'object' && body !== null && 'onBehalf' in body && body.onBehalf === true
}

/** A string field of a body, lower-cased. */
function textIn(body: unknown, field: string): string | null {
  const value = fieldOf(body, field)
  return typeof value === 'string' ? value.trim().toLowerCase() : null
}

function fieldOf(body: unknown, field: string): unknown {
  return typeof body === 'object' && body !== null ? Object.getOwnPropertyDescriptor(body, field)?.value : undefined
}
