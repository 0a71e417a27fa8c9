import { type ApiKeys, clinicNoIn } from '@holdfast/engine'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { JwtVerifier } from '../../accounts/sessions/jwt-verifier.ts'
import type { Principals } from '../../accounts/sessions/principals.ts'
import type { SessionCookies } from '../../accounts/sessions/session-cookie.ts'
import { type ApiKeySecrets, apiKeyPrefix } from '../../secrets/api-keys.ts'
import { manageTokenPrefix } from '../../secrets/manage-tokens.ts'
import { callbackHook } from '../callback-hook.ts'
import { type ProblemError, problem } from '../errors/problem-error.ts'
import { isIntended, originForbidden } from './csrf.ts'
import { notForApiKeys } from './not-for-api-keys.ts'
import type { Principal } from './principal.ts'

export type AuthenticationDeps = {
  principals: Principals
  jwtVerifier: JwtVerifier
  sessionCookies: Pick<SessionCookies, 'read' | 'readBearer'>
  apiKeySecrets: Pick<ApiKeySecrets, 'parse'>
  /** As of the engine, in the database that the clinic is in. */
  openApiKey: ApiKeys['open']
  /** The public address of this server. */
  publicUrl: string
  corsOrigins: readonly string[]
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `none`: this hook reads no credentials and counts nothing, and requests are served while the server stops (the
     * site, probes; live places count and refuse themselves; metrics have a separate token). `lenient`: a caller with
     * invalid credentials is anonymous (a sign-in with an old cookie), and one who has to change the password first is
     * let through (to change it); the route checks who calls. API keys are refused there, and not looked up.
     */
    authentication?: 'none' | 'lenient'
    /**
     * The route counts its requests itself, because how they count depends on their body; also those that are refused
     * here, or before its body is read.
     */
    isCountedByRoute?: boolean
  }
  interface FastifyInstance {
    /** The caller of a request that has not ended, by its credentials as they are now. Revoked ones: anonymous. */
    identifyAgain(request: FastifyRequest): Promise<Principal>
  }
  interface FastifyRequest {
    /** When its caller was identified, by `performance.now()`. */
    identifiedAtMs: number
    /** Whether it has come to this hook. Earlier ones refuse requests that nobody counts. */
    isToBeCounted: boolean
    /** The session token that identified the principal; null if there was none. */
    sessionToken: string | null
    /** The session that identified the principal, by its token or by a JWT; null if there was none. */
    sessionId: string | null
  }
}

type Identified = {
  principal: Principal
  sessionToken: string | null
  sessionId: string | null
  byCookie: boolean
  mustChangePassword: boolean
  refusal: ProblemError | null
}

const anonymous: Principal = { kind: 'anonymous' }
const guest = withoutSession(anonymous)
const credentialLengthMax = 4_096
/** How long a body may take before its sender is identified again. */
const bodyMsMax = 100

/**
 * Authenticates every request (Bearer manage token, API key, session token or JWT; else the session cookie), counts it
 * against the rate limits, and rejects forged requests with a cookie (CSRF). Runs before any route. Register the rate
 * limits first.
 *
 * Whoever sends their body slowly is identified again when it is complete: their session or role may have ended since.
 */
export const authentication = fp(async (app: FastifyInstance, deps: AuthenticationDeps) => {
  app.decorateRequest('principal')
  app.decorateRequest('identifiedAtMs', 0)
  app.decorateRequest('isToBeCounted', false)
  app.decorateRequest('sessionToken', null)
  app.decorateRequest('sessionId', null)
  app.decorate('identifyAgain', async (request: FastifyRequest) => {
    const { principal, mustChangePassword } = await identify(request, deps)
    return mustChangePassword ? anonymous : principal
  })

  // Also a request whose sender could not be looked up is counted.
  const countFailure = (request: FastifyRequest, reply: FastifyReply) => async (error: unknown) => {
    await app.rateLimits.countRequest(request, reply)
    throw error
  }

  const count = (request: FastifyRequest, reply: FastifyReply) =>
    request.routeOptions.config?.isCountedByRoute === true ? undefined : app.rateLimits.countRequest(request, reply)

  const authenticate = async (request: FastifyRequest, reply: FastifyReply, isLenient: boolean) => {
    if (isLenient && bearerIn(request)?.startsWith(apiKeyPrefix)) {
      await count(request, reply)
      throw notForApiKeys()
    }
    const identified = await identify(request, deps).catch(countFailure(request, reply))
    setCaller(request, identified)
    // Requests with wrong credentials count like anonymous ones, so that guessing is limited too.
    await count(request, reply)
    if (!isLenient) requireUsable(request, identified)
    if (identified.byCookie && !isIntended(request, deps)) throw originForbidden(request, deps)
  }
  const authenticateAgain = async (request: FastifyRequest, isLenient: boolean) => {
    const identified = await identify(request, deps)
    setCaller(request, identified)
    if (!isLenient) requireUsable(request, identified)
  }
  // A callback instead of a promise: see callback-hook.ts.
  app.addHook('onRequest', (request, reply, done) => {
    request.principal = anonymous
    request.isToBeCounted = true
    const mode = request.routeOptions.config?.authentication
    const { authorization, cookie } = request.headers
    const isGuest = authorization === undefined && cookie === undefined
    if (mode === 'none') done()
    else if (isGuest) callbackHook(count(request, reply), done)
    else callbackHook(authenticate(request, reply, mode === 'lenient'), done)
  })
  app.addHook('preValidation', (request, _reply, done) => {
    // Guests were not identified, and their 0 is not looked at.
    const isLate = request.identifiedAtMs !== 0 && performance.now() - request.identifiedAtMs > bodyMsMax
    const isLenient = request.routeOptions.config?.authentication === 'lenient'
    callbackHook(isLate && request.body !== undefined ? authenticateAgain(request, isLenient) : undefined, done)
  })
})

function setCaller(request: FastifyRequest, { principal, sessionToken, sessionId }: Identified): void {
  request.principal = principal
  request.sessionToken = sessionToken
  request.sessionId = sessionId
  request.identifiedAtMs = performance.now()
}

/** @throws ProblemError unauthenticated or password_change_required */
function requireUsable(request: FastifyRequest, { refusal, mustChangePassword, byCookie }: Identified): void {
  if (refusal !== null) throw refusal
  if (mustChangePassword) requirePasswordChange(request, byCookie)
}

/**
 * Public pages open as for a guest, so that the page on which the password is changed opens.
 *
 * @throws ProblemError password_change_required
 */
function requirePasswordChange(request: FastifyRequest, byCookie: boolean): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!byCookie || !isRead)
    throw problem('password_change_required', 'Change the password first; then sign in with it.')
  request.principal = anonymous
  request.sessionToken = null
  request.sessionId = null
}

async function identify(request: FastifyRequest, deps: AuthenticationDeps): Promise<Identified> {
  if (request.headers.authorization !== undefined) return byBearer(bearerIn(request), deps)
  const sessionToken = deps.sessionCookies.read(request.headers.cookie)
  if (sessionToken === null) return guest
  const signedIn = await deps.principals.bySession(sessionToken)
  if (signedIn !== null) return { ...identified(signedIn), sessionToken, byCookie: true }
  // Browsers keep sending an expired cookie. Public pages must still open.
  if (request.method === 'GET' || request.method === 'HEAD') return guest
  return refused('The session has expired or was signed out: sign in again.')
}

/** undefined: there is no Authorization header, or it has none. */
function bearerIn({ headers: { authorization = '' } }: FastifyRequest): string | undefined {
  return /^Bearer ([^\s]+)$/i.exec(authorization.slice(0, credentialLengthMax))?.[1]
}

async function byBearer(credential: string | undefined, deps: AuthenticationDeps): Promise<Identified> {
  if (credential === undefined) return refused('The Authorization header is not "Bearer" and one token.')
  if (credential.startsWith(manageTokenPrefix)) {
    return withoutSession({ kind: 'manage_token', token: credential })
  }
  if (credential.startsWith(apiKeyPrefix)) return byApiKey(credential, deps)
  const sessionToken = deps.sessionCookies.readBearer(credential)
  if (sessionToken !== null) {
    const signedIn = await deps.principals.bySession(sessionToken)
    if (signedIn === null) return refused('The session has expired or was signed out: sign in again.')
    return { ...identified(signedIn), sessionToken }
  }
  const claims = await deps.jwtVerifier.verify(credential)
  const signedIn = claims === null ? null : await deps.principals.byJwt(claims)
  if (signedIn === null) return refused('The token is not valid, or has expired.')
  return identified(signedIn)
}

async function byApiKey(credential: string, deps: AuthenticationDeps): Promise<Identified> {
  const parsed = deps.apiKeySecrets.parse(credential)
  const clinicNo = parsed === null ? null : clinicNoIn(parsed.id)
  if (parsed === null || clinicNo === null) {
    return refused('The API key is not complete, or not of this server. Copy it again, or create a new secret.')
  }
  const found = await deps.openApiKey(clinicNo, parsed.id, parsed.digest)
  if (found === null) return refused('The API key was replaced, was deleted, or has expired.')
  return withoutSession({ kind: 'api_key', role: 'staff', ...found })
}

function withoutSession(principal: Principal): Identified {
  return identified({ principal, sessionId: null, mustChangePassword: false })
}

function identified({
  principal,
  sessionId,
  mustChangePassword,
}: {
  principal: Principal
  sessionId: string | null
  mustChangePassword: boolean
}): Identified {
  return { principal, sessionToken: null, sessionId, byCookie: false, mustChangePassword, refusal: null }
}

function refused(detail: string): Identified {
  return { ...guest, refusal: problem('unauthenticated', detail) }
}
