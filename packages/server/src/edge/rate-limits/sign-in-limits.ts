import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/config.ts'
import { clientAddress } from '../connections/client-address.ts'
import type { CountWindows } from './count-windows.ts'
import { fieldOf, textIn } from './fields-of-body.ts'
import { apply, applyStates, limit, minuteMs, oneByOne, quarterHourMs, windowsByAddress } from './limit-windows.ts'

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

/** The limits of signing in, and of what leads to it. */
export type SignInLimits = {
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

/** A count that is given back if the password was right, or was not checked. */
export type SignInCount = { giveBack(): Promise<void> | undefined }

/** HOLDFAST_RATE_LIMIT=off. */
export const noSignInLimits: SignInLimits = {
  countSignInRequest: () => undefined,
  countMarkedRequest: () => undefined,
  countCodeRequest: () => undefined,
  countSignIn: async () => ({ giveBack: () => undefined }),
  countPasswordLinkRequest: () => undefined,
  countPasskeyRequest: () => undefined,
}

type SignInSettings = Pick<Config, 'limitSignInsPerIp' | 'limitAnonymousWritesPerMinute'>

/** Counts them in `count`. */
export function signInLimits(settings: SignInSettings, count: CountWindows): SignInLimits {
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
