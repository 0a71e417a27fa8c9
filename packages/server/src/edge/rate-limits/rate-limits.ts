import { isIPv6 } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { networkOf } from '../../audit/network-prefix.ts'
import type { Config } from '../../config/config.ts'
import type { ManageTokens } from '../../secrets/manage-tokens.ts'
import { callbackHook } from '../callback-hook.ts'
import { clientAddress } from '../connections/client-address.ts'
import { problem } from '../errors/problem-error.ts'
import { apiKeyWindows } from './api-key-windows.ts'
import { changedHold } from './changed-hold.ts'
import {
  type Counted,
  type CountWindows,
  createCountWindows,
  createLimit,
  type Limit,
  type SharedCounts,
  type Window,
  type WindowState,
} from './count-windows.ts'

/** Callers per bucket; the least recently seen is dropped first. About 10 MB in total when all are full. */
const callersMax = 20_000
const emailLengthMax = 254
const credentialIdLengthMax = 254
/**
 * A multiple of the limit of anonymous writes. A sign-in with a passkey takes two requests: by default 100 sign-ins a
 * minute. Known browsers count with the others: each request for options writes a challenge, and one account makes as
 * many browsers known as it likes.
 */
const passkeyRequestsFactor = 20
/** The same for codes after a password, each of which is looked up. */
const codeRequestsFactor = 20
/**
 * A multiple of the limit of anonymous writes, for sign-ins in one browser that may be known, each of which is looked
 * up: a browser is known for five accounts at most, each of which may sign in as often.
 */
const markedRequestsFactor = 5
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
const minuteMs = 60_000
const quarterHourMs = 15 * minuteMs

export type RateLimits = {
  /**
   * Counts an API request: by account, or without one by IP address, with separate limits for reads and writes, so
   * that pages which read again when somebody books keep nobody from writing. What changes a hold with its valid token
   * counts for the hold, and not as another write.
   *
   * @returns undefined when limits are off
   */
  countRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined
  /**
   * Counts a request to sign in, apart from other writes: somebody who shares the IP address must not keep others out.
   * In a browser where the account was used before, it counts for the account, else for e-mail address and IP address
   * together. It counts for the account and not for the browser, because somebody can make as many browsers known as
   * they like, but only for their own account.
   *
   * @param knownAs the account since its last change of the password, so that what was sent before keeps nobody out
   *   afterwards; null: the browser is not known
   * @throws ProblemError rate_limited
   */
  countSignInRequest(request: FastifyRequest, reply: FastifyReply, knownAs: string | null): Promise<void> | undefined
  /**
   * Counts a request to sign in from a browser that may be known, before the account is looked up: by browser, so that
   * nobody at the same IP address keeps others out of theirs.
   *
   * @param browser proven: a forged cookie is none
   * @throws ProblemError rate_limited
   */
  countMarkedRequest(browser: string, reply: FastifyReply): Promise<void> | undefined
  /** Counts a code before its sign-in is looked up, by IP address as passkeys. @throws ProblemError rate_limited */
  countCodeRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined
  /**
   * Counts a sign-in, sign-up or reset of a password: by account in a browser where it was used before, else by IP
   * address.
   *
   * @throws ProblemError rate_limited
   */
  countSignIn(request: FastifyRequest, reply: FastifyReply, knownAs: string | null): Promise<SignInCount>
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
  /**
   * Counts a request for a link to choose a new password by IP address, apart from sign-ins: somebody who asks for
   * links from an address that others share keeps nobody there from signing in.
   *
   * @throws ProblemError rate_limited
   */
  countPasswordLinkRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined
  /**
   * Counts a request to sign in with a passkey, apart from all others: by passkey and IP address, and by IP address
   * with a limit that a clinic's people do not reach together. Signatures cannot be guessed, so failed ones do not
   * count as failed passwords do.
   *
   * @throws ProblemError rate_limited
   */
  countPasskeyRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined
}

/** HOLDFAST_RATE_LIMIT=off. The limits of API keys are counted elsewhere, and stay. */
export const noRateLimits: RateLimits = {
  countRequest: () => undefined,
  countSignInRequest: () => undefined,
  countMarkedRequest: () => undefined,
  countCodeRequest: () => undefined,
  countSignIn: async () => ({ giveBack: () => undefined }),
  countMove: () => undefined,
  countAnswerCorrection: () => undefined,
  countFeedRead: () => undefined,
  countTicketLinkRequest: () => undefined,
  countPasswordLinkRequest: () => undefined,
  countPasskeyRequest: () => undefined,
}

/** A count that is given back if the password was right, or was not checked. */
export type SignInCount = { giveBack(): Promise<void> | undefined }

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
type AddressedRequest = Pick<FastifyRequest, 'ip'>
type Groups = readonly (readonly Window[])[]

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

function bookingLimits(settings: LimitSettings): Record<'groupsOfBooking' | 'groupsOfPatient', Groupable> {
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

type Groupable = (request: FastifyRequest) => Groups

/** What one window refuses counts for those before it. */
function oneByOne(windows: readonly Window[]): Groups {
  return windows.map((window) => [window])
}

function quarterHourLimit(count: CountWindows, name: string, max: number, what: string) {
  const ofKey = limit(name, max, quarterHourMs, `${what} in 15 minutes`)
  return (key: string) => apply(count([[{ limit: ofKey, key }]]), null)
}

function ticketLinkLimit(count: CountWindows): RateLimits['countTicketLinkRequest'] {
  const windows = windowsByAddress('ticket-links', ticketLinksMax, quarterHourMs, 'requests for links in 15 minutes')
  return (request) => apply(count([windows(request)]), null)
}

function signInLimits(
  settings: LimitSettings,
  count: CountWindows,
): Omit<
  RateLimits,
  'countRequest' | 'countMove' | 'countAnswerCorrection' | 'countFeedRead' | 'countTicketLinkRequest'
> {
  const { limitSignInsPerIp: max, limitAnonymousWritesPerMinute: writesMax } = settings
  const signIns = 'sign-ins in 15 minutes'
  const ofKnownBrowsers = limit('sign-ins-known', max, quarterHourMs, signIns)
  const requests = limit('sign-in-requests', writesMax, minuteMs, 'sign-ins a minute')
  const ofBrowser = 'sign-ins a minute in one browser'
  const marked = limit('sign-ins-marked', markedRequestsFactor * writesMax, minuteMs, ofBrowser)
  const byAddress = windowsByAddress('sign-ins', max, quarterHourMs, signIns)
  const links = windowsByAddress('password-links', max, quarterHourMs, 'requests for a new password in 15 minutes')
  const codes = windowsByAddress('codes', codeRequestsFactor * writesMax, minuteMs, 'codes a minute')
  const ofPasskeys = 'sign-ins with passkeys a minute'
  const passkeysByAddress = windowsByAddress('passkeys', passkeyRequestsFactor * writesMax, minuteMs, ofPasskeys)
  const passkeys = limit('passkey', writesMax, minuteMs, ofPasskeys)
  return {
    countSignInRequest(request, reply, knownAs) {
      const email = textIn(request.body, 'email')?.slice(0, emailLengthMax) ?? ''
      const key = knownAs ?? `${email} ${clientAddress(request)}`
      return apply(count([[{ limit: requests, key }]]), reply)
    },
    countMarkedRequest: (browser, reply) => apply(count([[{ limit: marked, key: browser }]]), reply),
    countCodeRequest: (request, reply) => apply(count([codes(request)]), reply),
    async countSignIn(request, reply, knownAs) {
      const known = knownAs === null ? [] : [{ limit: ofKnownBrowsers, key: knownAs }]
      const counted = await count([knownAs === null ? byAddress(request) : known])
      applyStates(counted.states, reply)
      return counted
    },
    countPasswordLinkRequest: (request, reply) => apply(count([links(request)]), reply),
    countPasskeyRequest(request, reply) {
      const id = textIn(fieldOf(request.body, 'response'), 'id')?.slice(0, credentialIdLengthMax)
      const ofPasskey = id === undefined ? [] : [{ limit: passkeys, key: `${id} ${clientAddress(request)}` }]
      return apply(count([passkeysByAddress(request), ...oneByOne(ofPasskey)]), reply)
    },
  }
}

function limit(name: string, max: number, windowMs: number, what: string): Limit {
  return createLimit({ name, max, windowMs, what }, callersMax)
}

/**
 * Counts by address, and an IPv6 client by its larger networks too, with twice and four times the limit: one customer
 * may have a /56 or a /48, and take addresses from any part of it.
 */
function windowsByAddress(
  name: string,
  max: number,
  windowMs: number,
  what: string,
): (request: AddressedRequest) => Window[] {
  const ofAddress = limit(name, max, windowMs, `${what} from one address`)
  const ofSite = limit(`${name}-56`, 2 * max, windowMs, `${what} from one network`)
  const ofNetwork = limit(`${name}-48`, 4 * max, windowMs, `${what} from one network`)
  return (request) => {
    const windows = [{ limit: ofAddress, key: clientAddress(request) }]
    const site = networkOf(request.ip, 56)
    if (isIPv6(site)) windows.push({ limit: ofSite, key: site }, { limit: ofNetwork, key: networkOf(request.ip, 48) })
    return windows
  }
}

const unlimited: preHandlerHookHandler = (_request, _reply, done) => done()

/** @returns undefined: not exceeded; rejects with ProblemError rate_limited */
function apply(counted: Counted | Promise<Counted>, reply: FastifyReply | null): Promise<void> | undefined {
  if (counted instanceof Promise) return counted.then(({ states }) => applyStates(states, reply))
  try {
    applyStates(counted.states, reply)
    return undefined
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Writes the headers of the window with the fewest requests left. @throws ProblemError rate_limited */
function applyStates(states: readonly WindowState[], reply: FastifyReply | null): void {
  for (const { max, remaining, ttlInSeconds, isExceeded, what } of states) {
    const lowest = reply?.getHeader('ratelimit-remaining')
    if (typeof lowest !== 'number' || remaining <= lowest) {
      void reply?.headers({
        'ratelimit-limit': max,
        'ratelimit-remaining': remaining,
        'ratelimit-reset': ttlInSeconds,
      })
    }
    if (isExceeded) throw problem('rate_limited', `More than ${max} ${what}.`, { retryAfterSeconds: ttlInSeconds })
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
