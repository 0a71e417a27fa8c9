import { normalizedEmail } from '@holdfast/engine'
import { isEmailAddress } from '@holdfast/vocabulary'
import type { FastifyRequest } from 'fastify'
import type { AttemptLimits } from '../../accounts/attempts/attempt-limits.ts'
import type { KnownBrowsers } from '../../accounts/attempts/known-browsers.ts'
import type { MarkedAccount } from '../../accounts/marked-account.ts'
import type { Sessions } from '../../accounts/sessions/sessions.ts'
import { networkOf } from '../../audit/network-prefix.ts'
import { problem } from '../../edge/errors/problem-error.ts'

/** Where a password is guessed. */
type PasswordOperation = 'signIn' | 'changePassword'

export type PasswordAttempts = {
  /** @throws ProblemError rate_limited */
  begin(operation: PasswordOperation, request: FastifyRequest): Promise<PasswordAttempt>
  /** The browser, if the account is looked up for knownAs; null: the browser is known for no account. */
  browserOf(request: FastifyRequest): string | null
  /**
   * What sign-ins in browsers where the account was used before count for, which changes with its password; null: it
   * was not used in this one. The body may be unchecked.
   */
  knownAs(request: FastifyRequest): Promise<string | null>
}

export type PasswordAttempt = { end(outcome: 'succeeded' | 'failed' | 'withdrawn'): Promise<void> }

type KnownBrowser = { browserId: string; account: MarkedAccount }

/** One site has a /48 of IPv6 addresses, and may use any of its 65536 networks. */
const networkBits = 48

/**
 * Limits guesses of passwords without letting anybody keep an account's owner out: failed sign-ins count for e-mail
 * address and network together, or, in a browser where the account was used before, for that browser alone. Guesses
 * of the current password, when it is changed, count for the session.
 */
export function createPasswordAttempts(
  limits: AttemptLimits,
  knownBrowsers: KnownBrowsers,
  sessions: Pick<Sessions, 'markedAccount'>,
): PasswordAttempts {
  /** Each request asks several times. */
  const found = new WeakMap<FastifyRequest, Promise<KnownBrowser | null>>()

  function knownBrowser(request: FastifyRequest): Promise<KnownBrowser | null> {
    const known = found.get(request) ?? find(request)
    found.set(request, known)
    return known
  }

  async function find({ body, headers: { cookie } }: FastifyRequest): Promise<KnownBrowser | null> {
    const email = knownBrowsers.proofIn(cookie) === null ? null : emailOf(body)
    const account = email !== null && isEmailAddress(email) ? await sessions.markedAccount({ email }) : null
    const browserId = account === null ? null : knownBrowsers.idOf(cookie, account)
    return account === null || browserId === null ? null : { browserId, account }
  }

  async function keyOf(operation: PasswordOperation, request: FastifyRequest): Promise<string | null> {
    if (operation === 'changePassword') return request.sessionId === null ? null : `session ${request.sessionId}`
    const known = await knownBrowser(request)
    const source = known === null ? networkOf(request.ip, networkBits) : `browser ${known.browserId}`
    return `${emailIn(request.body)} ${source}`
  }

  return {
    async begin(operation, request) {
      const key = await keyOf(operation, request)
      if (key === null) return { end: async () => undefined }
      const retryAfterSeconds = await limits.begin(key)
      if (retryAfterSeconds > 0) {
        throw problem('rate_limited', 'Too many wrong passwords. Wait before the next attempt.', { retryAfterSeconds })
      }
      return {
        async end(outcome) {
          if (outcome === 'succeeded') await limits.succeeded(key)
          if (outcome === 'withdrawn') await limits.withdrawn(key)
        },
      }
    },
    browserOf: ({ headers: { cookie } }) => knownBrowsers.proofIn(cookie),
    async knownAs(request) {
      const known = await knownBrowser(request)
      return known === null ? null : `${known.account.id} ${known.account.mark ?? ''}`
    },
  }
}

/** The address in a validated body. */
function emailIn(body: unknown): string {
  const email = emailOf(body)
  if (email === null) throw new Error('The body has no e-mail address.')
  return email
}

function emailOf(body: unknown): string | null {
  const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : null
  return typeof email === 'string' ? normalizedEmail(email) : null
}
