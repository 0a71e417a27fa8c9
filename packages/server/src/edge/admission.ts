import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { JwtVerifier } from '../accounts/jwt-verifier.ts'
import type { Principals } from '../accounts/principals.ts'
import type { SessionCookies } from '../accounts/session-cookie.ts'
import { manageTokenPrefix } from '../secrets/manage-tokens.ts'
import { isMeant } from './csrf.ts'
import type { Principal } from './principal.ts'
import { type ProblemError, problem } from './problem-error.ts'
import { settleHook } from './settle-hook.ts'

export type AdmissionDeps = {
  principals: Principals
  jwtVerifier: JwtVerifier
  sessionCookies: SessionCookies
  corsOrigins: readonly string[]
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `open`: no credentials are read and nothing is counted (probes, metrics with their own token).
     * `lenient`: credentials that are no longer good count as none (sign-in with an old cookie).
     */
    admission?: 'open' | 'lenient'
  }
  interface FastifyRequest {
    /** The session token the principal was found by; null where it was none. */
    sessionToken: string | null
  }
}

type Identified = { principal: Principal; sessionToken: string | null; byCookie: boolean; refusal: ProblemError | null }

const anonymous: Principal = { kind: 'anonymous' }
const credentialLengthMax = 4_096

/**
 * Lets every request in, or not: who asks (Bearer manage token, session token or JWT; else the session cookie), how
 * often they ask, and whether a cookie's owner meant it. Runs before any route; needs the rate limits registered.
 */
export const admission = fp(async (app: FastifyInstance, deps: AdmissionDeps) => {
  app.decorateRequest('principal')
  app.decorateRequest('sessionToken', null)

  const admit = async (request: FastifyRequest, reply: FastifyReply, isLenient: boolean) => {
    const identified = await identify(request, deps)
    request.principal = identified.principal
    request.sessionToken = identified.sessionToken
    // Wrong credentials count like none, before they are refused: guessing is not free.
    await app.rateLimits.countRequest(request, reply)
    if (identified.refusal !== null && !isLenient) throw identified.refusal
    if (identified.byCookie && !isMeant(request, deps.corsOrigins)) {
      throw problem('forbidden', 'This request carries a cookie, but comes from a page of another origin.')
    }
  }
  // By callback: most requests are a guest's, who has nothing to wait for.
  app.addHook('onRequest', (request, reply, done) => {
    request.principal = anonymous
    const mode = request.routeOptions.config?.admission
    const { authorization, cookie } = request.headers
    const isGuest = authorization === undefined && cookie === undefined
    if (mode === 'open') done()
    else if (isGuest) settleHook(app.rateLimits.countRequest(request, reply), done)
    else settleHook(admit(request, reply, mode === 'lenient'), done)
  })
})

async function identify(request: FastifyRequest, deps: AdmissionDeps): Promise<Identified> {
  const { authorization } = request.headers
  if (authorization !== undefined) return byBearer(authorization, deps)
  const sessionToken = deps.sessionCookies.read(request.headers.cookie)
  if (sessionToken === null) return found(anonymous)
  const principal = await deps.principals.bySession(sessionToken)
  if (principal !== null) return { principal, sessionToken, byCookie: true, refusal: null }
  // A browser keeps sending an old cookie: public pages must still open.
  if (request.method === 'GET' || request.method === 'HEAD') return found(anonymous)
  return refused('The session has expired or was signed out: sign in again.')
}

async function byBearer(authorization: string, deps: AdmissionDeps): Promise<Identified> {
  const [, credential] = /^Bearer ([^\s]+)$/i.exec(authorization.slice(0, credentialLengthMax)) ?? []
  if (credential === undefined) return refused('The Authorization header is not "Bearer" and one token.')
  if (credential.startsWith(manageTokenPrefix)) return found({ kind: 'manage_token', token: credential })
  const sessionToken = deps.sessionCookies.readBearer(credential)
  if (sessionToken !== null) {
    const principal = await deps.principals.bySession(sessionToken)
    if (principal === null) return refused('The session has expired or was signed out: sign in again.')
    return { principal, sessionToken, byCookie: false, refusal: null }
  }
  const accountId = await deps.jwtVerifier.verify(credential)
  const principal = accountId === null ? null : await deps.principals.byAccount(accountId)
  if (principal === null) return refused('The token is not valid, or has expired.')
  return found(principal)
}

function found(principal: Principal): Identified {
  return { principal, sessionToken: null, byCookie: false, refusal: null }
}

function refused(detail: string): Identified {
  return { principal: anonymous, sessionToken: null, byCookie: false, refusal: problem('unauthenticated', detail) }
}
