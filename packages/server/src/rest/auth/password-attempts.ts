import { normalizeIP } from '@fastify/rate-limit'
import { normalizedEmail } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import type { AttemptLimits } from '../../accounts/attempts/attempt-limits.ts'
import type { KnownBrowsers } from '../../accounts/attempts/known-browsers.ts'
import { problem } from '../../edge/errors/problem-error.ts'

/** Where a password is guessed. */
type PasswordOperation = 'signIn' | 'changePassword'

export type PasswordAttempts = {
  /** @throws ProblemError rate_limited */
  begin(operation: PasswordOperation, request: FastifyRequest): Promise<PasswordAttempt>
  /** The e-mail address of a sign-in in a browser where it was used before, else null. The body may be unchecked. */
  knownEmail(request: FastifyRequest): string | null
  /** The cookie after a sign-in. */
  knownBrowserCookie(request: FastifyRequest): string
}

export type PasswordAttempt = { end(outcome: 'succeeded' | 'failed' | 'withdrawn'): Promise<void> }

/** One site has a /48 of IPv6 addresses, and may use any of its 65536 networks. */
const networkBits = 48

/**
 * Limits guesses of passwords without letting anybody keep an account's owner out: failed sign-ins count for e-mail
 * address and network together, or, in a browser where the account was used before, for that browser alone. Guesses
 * of the current password, when it is changed, count for the session.
 */
export function createPasswordAttempts(limits: AttemptLimits, knownBrowsers: KnownBrowsers): PasswordAttempts {
  function keyOf(operation: PasswordOperation, request: FastifyRequest): string | null {
    if (operation === 'changePassword') return request.sessionId === null ? null : `session ${request.sessionId}`
    const email = emailIn(request.body)
    const browser = knownBrowsers.idOf(request.headers.cookie, email)
    const source = browser === null ? normalizeIP(request.ip, networkBits) : `browser ${browser}`
    return `${email} ${source}`
  }

  return {
    async begin(operation, request) {
      const key = keyOf(operation, request)
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
    knownEmail({ body, headers }) {
      const email = emailOf(body)
      return email === null || knownBrowsers.idOf(headers.cookie, email) === null ? null : email
    },
    knownBrowserCookie: (request) => knownBrowsers.setCookie(request.headers.cookie, emailIn(request.body)),
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
