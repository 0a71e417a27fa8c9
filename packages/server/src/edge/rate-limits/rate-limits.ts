import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/config.ts'
import type { ManageTokens } from '../../secrets/manage-tokens.ts'
import { callbackHook } from '../callback-hook.ts'
import { clientAddress } from '../connections/client-address.ts'
import { apiKeyWindows } from './api-key-windows.ts'
import { changedHold } from './changed-hold.ts'
import { type CountWindows, createCountWindows, type SharedCounts, type Window } from './count-windows.ts'
import { fieldOf, textIn } from './fields-of-body.ts'
import {
  type AddressedRequest,
  apply,
  type Groups,
  limit,
  minuteMs,
  oneByOne,
  quarterHourMs,
  windowsByAddress,
} from './limit-windows.ts'
import { noSignInLimits, type SignInLimits, signInLimits } from './sign-in-limits.ts'

/**
 * A multiple of the limit of anonymous writes, for changes of holds with their tokens, from one address. Each hold has
 * counted as a write, and confirming it must not count as another: a clinic's waiting room shares one address.
 */
const holdChangesFactor = 10
/** Changes of one hold, with its token, in 15 minutes: some extensions, its confirmation, and repetitions of them. */
const changesOfHoldMax = 30
/** Moves of one booking by its patient in 15 minutes. */
const movesMax = 10
/** Corrections of the answers of one booking by its patient in 15 minutes. */
const answerCorrectionsMax = 10
/** Reads of one calendar feed in 15 minutes; a calendar reads it a few times an hour. */
const feedReadsMax = 30
/**
 * Requests from one address in 15 minutes. Somebody who guesses references learns nothing from the responses, even from
 * many of them.
 */
const ticketLinksMax = 20

export type RateLimits = SignInLimits & {
  /**
   * Counts an API request: by account, or without one by IP address, with separate limits for reads and writes, so
   * that pages which read again when somebody books keep nobody from writing. What changes a hold with its valid token
   * counts for the hold, and not as another write.
   *
   * @returns undefined when limits are off
   */
  countRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined
  /**
   * Counts a move of a booking by its patient: each sends an e-mail to an address that may be somebody else's.
   *
   * @throws ProblemError rate_limited
   */
  countMove(bookingId: string): Promise<void> | undefined
  /**
   * Counts a correction of the answers of a booking by its patient: each adds an event, which every webhook gets.
   *
   * @throws ProblemError rate_limited
   */
  countAnswerCorrection(bookingId: string): Promise<void> | undefined
  /**
   * Counts a read of a calendar feed that exists: it reads up to 5,000 bookings.
   *
   * @throws ProblemError rate_limited
   */
  countFeedRead(feed: string): Promise<void> | undefined
  /**
   * Counts a request for the link of a lost ticket by IP address.
   *
   * @throws ProblemError rate_limited
   */
  countTicketLinkRequest(request: AddressedRequest): Promise<void> | undefined
}

/** HOLDFAST_RATE_LIMIT=off. The limits of API keys are counted elsewhere, and stay. */
export const noRateLimits: RateLimits = {
  ...noSignInLimits,
  countRequest: () => undefined,
  countMove: () => undefined,
  countAnswerCorrection: () => undefined,
  countFeedRead: () => undefined,
  countTicketLinkRequest: () => undefined,
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
  | 'limitBookingsPerAccount'
  | 'limitBookingsPerAddress'
  | 'limitBookingsPerEmail'
>

type RateLimitDeps = { sharedCounts?: SharedCounts | null; manageTokens: Pick<ManageTokens, 'verify'> }

type Windows = (request: FastifyRequest) => Window[]

/**
 * The rate limits: `app.rateLimits`, `app.limitBooking` and `app.limitPatient`. Counted in this process, or with
 * `sharedCounts` in all processes together: a request asks there once, and a booking once more when its body is known.
 */
export const rateLimits = fp(async (app: FastifyInstance, settings: LimitSettings & RateLimitDeps) => {
  const count = createCountWindows(settings.sharedCounts ?? null)
  if (!settings.rateLimit) {
    const ofKeys = apiKeyWindows()
    app.decorate('rateLimits', {
      ...noRateLimits,
      countRequest: (request, reply) =>
        request.principal.kind === 'api_key'
          ? apply(count(oneByOne(ofKeys(request, request.principal))), reply)
          : undefined,
    })
    app.decorate('limitBooking', unlimited)
    app.decorate('limitPatient', unlimited)
    return
  }
  const { groupsOfBooking, groupsOfPatient } = bookingLimits(settings)
  app.decorate('limitBooking', (request, reply, done) => {
    // The clinic's people book for one patient after another. Anyone else who says so is refused by the guards.
    if (isOnBehalf(request) || request.principal.kind === 'api_key') return done()
    callbackHook(apply(count(groupsOfBooking(request)), reply), done)
  })
  app.decorate('limitPatient', (request, reply, done) => {
    if (request.principal.kind === 'api_key') return done()
    callbackHook(apply(count(groupsOfPatient(request)), reply), done)
  })
  app.decorate('rateLimits', {
    countRequest: requestLimits(settings, count, settings.manageTokens),
    ...signInLimits(settings, count),
    countMove: quarterHourLimit(count, 'moves', movesMax, 'moves of a booking'),
    countAnswerCorrection: quarterHourLimit(
      count,
      'answer-corrections',
      answerCorrectionsMax,
      'corrections of the answers of a booking',
    ),
    countTicketLinkRequest: ticketLinkLimit(count),
    countFeedRead: quarterHourLimit(count, 'feed-reads', feedReadsMax, 'reads of a calendar feed'),
  })
})

function requestLimits(
  settings: LimitSettings,
  count: CountWindows,
  manageTokens: RateLimitDeps['manageTokens'],
): RateLimits['countRequest'] {
  const { limitReadsPerMinute, limitAnonymousWritesPerMinute, limitAccountPerMinute } = settings
  const reads = windowsByAddress('reads', limitReadsPerMinute, minuteMs, 'reads a minute')
  const writes = windowsByAddress(
    'writes',
    limitAnonymousWritesPerMinute,
    minuteMs,
    'writes a minute without an account',
  )
  const ofHold = limit('hold-changes', changesOfHoldMax, quarterHourMs, 'changes of one hold in 15 minutes')
  const holdChanges = windowsByAddress(
    'hold-changes-address',
    holdChangesFactor * limitAnonymousWritesPerMinute,
    minuteMs,
    'changes of holds a minute',
  )
  const readsOfAccount = limit('account-reads', limitReadsPerMinute, minuteMs, 'reads a minute of one account')
  const writesOfAccount = limit('account', limitAccountPerMinute, minuteMs, 'writes a minute of one account')
  const ofKeys = apiKeyWindows()
  const windowsOf: Windows = (request) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (request.principal.kind === 'account') {
      return [{ limit: isRead ? readsOfAccount : writesOfAccount, key: accountId(request) }]
    }
    if (request.principal.kind === 'api_key') return ofKeys(request, request.principal)
    if (isRead) return reads(request)
    const hold = changedHold(request, manageTokens)
    return hold === null ? writes(request) : [{ limit: ofHold, key: hold }, ...holdChanges(request)]
  }
  return (request, reply) => apply(count(oneByOne(windowsOf(request))), reply)
}

function bookingLimits(
  settings: LimitSettings,
): Record<'groupsOfBooking' | 'groupsOfPatient', (request: FastifyRequest) => Groups> {
  const byAddress = windowsByAddress('bookings', settings.limitBookingsPerAddress, minuteMs, 'bookings a minute')
  const ofAccount = limit('bookings-account', settings.limitBookingsPerAccount, minuteMs, 'bookings a minute')
  const ofEmail = limit(
    'bookings-email',
    settings.limitBookingsPerEmail,
    quarterHourMs,
    "bookings in 15 minutes for one patient's e-mail address",
  )
  const windowsOfPatient: Windows = (request) => {
    const email = patientEmail(request)
    if (email === null || isOwnEmail(request)) return []
    // It counts by caller: a stranger who books with somebody's address must not keep them from booking.
    return [{ limit: ofEmail, key: `${email} ${accountId(request) || clientAddress(request)}` }]
  }
  return {
    groupsOfPatient: (request) => oneByOne(windowsOfPatient(request)),
    groupsOfBooking: (request) => {
      const isSignedIn = request.principal.kind === 'account'
      const account = isSignedIn ? [{ limit: ofAccount, key: accountId(request) }] : []
      return oneByOne([...byAddress(request), ...account, ...windowsOfPatient(request)])
    },
  }
}

function quarterHourLimit(count: CountWindows, name: string, max: number, what: string) {
  const ofKey = limit(name, max, quarterHourMs, `${what} in 15 minutes`)
  return (key: string) => apply(count([[{ limit: ofKey, key }]]), null)
}

function ticketLinkLimit(count: CountWindows): RateLimits['countTicketLinkRequest'] {
  const windows = windowsByAddress('ticket-links', ticketLinksMax, quarterHourMs, 'requests for links in 15 minutes')
  return (request) => apply(count([windows(request)]), null)
}

const unlimited: preHandlerHookHandler = (_request, _reply, done) => done()

function accountId(request: FastifyRequest): string {
  return request.principal.kind === 'account' ? request.principal.accountId : ''
}

function patientEmail(request: FastifyRequest): string | null {
  return textIn(fieldOf(request.body, 'patient'), 'email')
}

/** Strangers who name an address must not keep its owner from booking: the account is counted instead. */
function isOwnEmail(request: FastifyRequest): boolean {
  const { principal } = request
  return principal.kind === 'account' && principal.email.toLowerCase() === patientEmail(request)
}

function isOnBehalf({ body }: FastifyRequest): boolean {
  return fieldOf(body, 'onBehalf') === true
}
