import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { MessageLanguage } from '@holdfast/engine'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Auth, clientAddressHeader } from '../../accounts/auth.ts'
import { isUniqueViolation } from '../../accounts/is-unique-violation.ts'
import type { Principals } from '../../accounts/principals.ts'
import type { Sessions, SignInMark } from '../../accounts/sessions.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { afterCommit } from '../../edge/after-commit.ts'
import { isOwnPage } from '../../edge/csrf.ts'
import type { SignInCount } from '../../edge/rate-limits.ts'
import { authBodies } from './auth-bodies.ts'
import { refusalOf, wrongPassword } from './auth-refusals.ts'
import { changePasswordRoute } from './change-password-route.ts'
import { emailRoutes } from './email-routes.ts'
import { ifLostAt } from './if-lost.ts'
import { refuseGuessable, refuseWhenOverloaded } from './new-password-refusals.ts'
import type { PasswordAttempt } from './password-attempts.ts'
import { passwordResetRoutes } from './password-reset-routes.ts'
import { createPublicAddressCheck } from './public-address.ts'
import { recordAccountEvents } from './record-account-events.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { secondFactorRoutes } from './second-factor-routes.ts'
import { secondStepRoutes } from './second-step-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { noticeSignIn } from './sign-in-notice.ts'

export type AuthRoutesDeps = SecondFactorDeps & {
  auth: Auth
  audit: Pick<AuditRecorder, 'record'>
  /** The public address of this server. */
  publicUrl: string
  corsOrigins: readonly string[]
}

/** The endpoints of better-auth that are served. No others are, even if a later version adds some. */
const endpoints = [
  { method: 'POST', path: '/sign-up/email', body: authBodies.signUp, hashes: true },
  { method: 'POST', path: '/sign-in/email', body: authBodies.signIn, hashes: true },
  { method: 'POST', path: '/sign-out' },
  { method: 'GET', path: '/token' },
  { method: 'GET', path: '/jwks' },
  { method: 'POST', path: '/update-user', body: authBodies.updateUser },
] as const satisfies readonly {
  method: 'GET' | 'POST'
  path: string
  body?: object
  /** These hash a password. */
  hashes?: true
}[]

type Endpoint = (typeof endpoints)[number]

/** Sign-ins are counted after their body was read. */
const bodyBytesMax = 16_384

/** The accounts API under /api/auth: better-auth with this server's rate limits, validation and problem documents. */
export async function authRoutes(app: FastifyInstance, deps: AuthRoutesDeps): Promise<void> {
  const requirePublicAddress = createPublicAddressCheck(deps)
  app.decorateRequest('subjectAccountId', null)
  recordAccountEvents(app, deps.audit)
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, ifLost: ifLostAt(route.url) }
  })
  await app.register(sessionRoutes, deps)
  await app.register(changePasswordRoute, deps)
  await app.register(passwordResetRoutes, deps)
  await app.register(emailRoutes, deps)
  await app.register(secondStepRoutes, deps)
  await app.register(secondFactorRoutes, deps)
  for (const endpoint of endpoints) {
    const isByAddress = ['/sign-in/email', '/sign-up/email'].includes(endpoint.path)
    app.route({
      method: endpoint.method,
      url: `/api/auth${endpoint.path}`,
      config: { admission: 'lenient', isCountedByRoute: endpoint.path === '/sign-in/email' },
      bodyLimit: bodyBytesMax,
      schema: 'body' in endpoint ? { body: endpoint.body } : {},
      preValidation: async (request, reply) => {
        if (endpoint.path !== '/sign-in/email') return
        requirePublicAddress(request)
        await app.rateLimits.countSignInRequest(request, reply, deps.attempts.knownEmail(endpoint.path, request))
      },
      preHandler: async (request) => {
        if (endpoint.path === '/sign-up/email') refuseGuessablePassword(request)
        if ('hashes' in endpoint) refuseWhenOverloaded(deps.passwords)
      },
      handler: async (request, reply) => {
        if (!isByAddress) return respond(endpoint, request, reply, deps)
        const count = await app.rateLimits.countSignIn(request, reply, deps.attempts.knownEmail(endpoint.path, request))
        return respond(endpoint, request, reply, deps, count)
      },
    })
  }
}

/** @throws ProblemError password_guessable. The schema has checked the length. */
function refuseGuessablePassword({ body }: FastifyRequest): void {
  const fields = new Map<string, unknown>(typeof body === 'object' && body !== null ? Object.entries(body) : [])
  const person = [String(fields.get('email')), String(fields.get('name'))]
  refuseGuessable('password', String(fields.get('password')), person)
}

async function respond(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: AuthRoutesDeps,
  count?: SignInCount,
) {
  const attempt = await deps.attempts.begin(endpoint.path, request)
  const { mark, response } = await forwarded(endpoint, request, deps).catch(async (error: unknown) => {
    await attempt.end('withdrawn')
    await count?.giveBack()
    throw error
  })
  const complete = () => completed(endpoint, request, reply, deps, { attempt, count, mark, response })
  // The library has committed what it did.
  return response.ok && endpoint.method === 'POST' ? afterCommit(complete) : complete()
}

type Completed = Forwarded & { attempt: PasswordAttempt; count: SignInCount | undefined }

/** What follows the library's response. */
async function completed(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: AuthRoutesDeps,
  { attempt, count, mark, response }: Completed,
) {
  // A clinic's people sign in from one address. Sign-ups always count: they create accounts.
  if (response.status >= 500 || (response.ok && endpoint.path !== '/sign-up/email')) await count?.giveBack()
  await attempt.end(response.ok ? 'succeeded' : response.status < 500 ? 'failed' : 'withdrawn')
  if (endpoint.method === 'POST') await forget(request, deps.principals)
  const token = response.headers.get('set-auth-token')
  const signedIn = response.ok && endpoint.path === '/sign-in/email' ? await accountIn(response.clone()) : null
  if (signedIn !== null) {
    const pending = await secondStepOf(signedIn, token, mark, deps)
    if (pending !== null) return reply.header('cache-control', 'no-store').send(pending)
  }
  // Also on errors: sign-out clears the cookie of a session that no longer exists.
  for (const cookie of response.headers.getSetCookie()) void reply.header('set-cookie', cookie)
  if (!response.ok) throw await refusalOf(response, request)
  if (signedIn !== null) await afterSignIn(request, reply, signedIn, deps)
  if (endpoint.path === '/sign-up/email') await afterSignUp(request, response.clone(), deps)
  if (endpoint.path === '/sign-out') await endSessionOfJwt(request, deps.sessions)
  // The site has its cookie, which its scripts cannot read.
  const shownToken = isOwnPage(request, deps.publicUrl) ? null : token
  if (shownToken !== null) void reply.header('set-auth-token', shownToken)
  void reply.header('cache-control', endpoint.path === '/jwks' ? 'public, max-age=300' : 'no-store')
  return reply.code(response.status).send(bodyOf(endpoint, await response.json(), shownToken))
}

/**
 * Responses that could reveal by their timing whether an e-mail address has an account are sent at a whole multiple of
 * this time after the request began. An unknown address costs the same password hash as a wrong password, but one
 * query less: on a busy machine the medians were 27 and 42 ms.
 */
const responseStepMs = 250

/** `mark`: of a sign-in, read before the password was checked. */
type Forwarded = { mark: SignInMark; response: Response }

async function forwarded(endpoint: Endpoint, request: FastifyRequest, deps: AuthRoutesDeps): Promise<Forwarded> {
  const startedAt = performance.now()
  const mark = endpoint.path === '/sign-in/email' ? await deps.sessions.signInMark(emailIn(request.body)) : null
  // The owner of an address that was changed may take it back: nobody else signs up with it meanwhile.
  const isReserved = endpoint.path === '/sign-up/email' && (await deps.accounts.isEmailReserved(emailIn(request.body)))
  const response = isReserved
    ? inventedAccount()
    : await deps.auth.handler(requestFor(endpoint, request, deps.publicUrl)).catch((error: unknown) => {
        // Of two sign-ups at once with the same address, the second fails.
        if (endpoint.path === '/sign-up/email' && isUniqueViolation(error)) return inventedAccount()
        throw error
      })
  const mayReveal = endpoint.path === '/sign-up/email' || (endpoint.path === '/sign-in/email' && !response.ok)
  if (mayReveal) await delay(responseStepMs - ((performance.now() - startedAt) % responseStepMs))
  return { mark, response }
}

/** Like the library's response to a sign-up with an address that has an account. */
function inventedAccount(): Response {
  return Response.json({ user: { id: randomUUID() } })
}

/**
 * The password was right: if the account has an authenticator app, the session that the library started ends before
 * anybody gets its token, and a code has to complete the sign-in. null: the password is enough.
 *
 * @param mark read before the password was checked
 * @throws ProblemError unauthenticated if the password was changed meanwhile
 */
async function secondStepOf(
  accountId: string,
  signedToken: string | null,
  mark: SignInMark,
  { secondFactors, sessions, pendingSignIns }: AuthRoutesDeps,
) {
  if (signedToken === null) throw new Error('The accounts library returned no session.')
  const { hasTotp } = await secondFactors.of(accountId)
  if (hasTotp) await sessions.endByToken(unsigned(signedToken))
  const pending = hasTotp ? await pendingSignIns.begin(accountId) : null
  if (await sessions.changedSince(accountId, mark)) {
    await sessions.endByToken(unsigned(signedToken))
    // The challenge is not sent to anybody, and expires.
    throw wrongPassword()
  }
  return pending === null ? null : { token: null, secondStep: pending }
}

/** The account in the response to a sign-in. */
async function accountIn(response: Response): Promise<string> {
  const { user } = (await response.json()) as { user: { id: string } }
  return user.id
}

function emailIn(body: unknown): string {
  return String(typeof body === 'object' && body !== null && 'email' in body ? body.email : null)
}

/** The session token without its signature. */
function unsigned(signedToken: string): string {
  return decodeURIComponent(signedToken).split('.')[0] ?? ''
}

/** The browser's earlier session ends: nobody sees it any more, and it would stay valid for weeks. */
async function afterSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  accountId: string,
  deps: AuthRoutesDeps,
): Promise<void> {
  if (request.sessionToken !== null) await deps.sessions.endByToken(request.sessionToken)
  await deps.sessions.endOldest(accountId)
  const isKnownBrowser = deps.attempts.knownEmail('/sign-in/email', request) !== null
  await noticeSignIn(request, deps, { accountId, isKnownBrowser, language: languageIn(request.body) })
  void reply.header('set-cookie', deps.attempts.knownBrowserCookie(request))
}

/**
 * A new account gets an e-mail to confirm its address; the response says nothing about it. If the address had an
 * account, the library has invented the one in its response, and the owner is told that somebody tried to sign up.
 */
async function afterSignUp(request: FastifyRequest, response: Response, { mails }: AuthRoutesDeps): Promise<void> {
  if (!mails.isAvailable) return
  const accountId = await accountIn(response)
  const language = languageIn(request.body) ?? 'en'
  // The account is there: a failure must not tell that it is not.
  const onError = (error: unknown) => request.log.error({ err: error }, 'an address could not be confirmed')
  await mails.request('confirm_email_request', { accountId, email: emailIn(request.body), language }).catch(onError)
}

/** The schema has checked it. */
function languageIn(body: unknown): MessageLanguage | null {
  const language = typeof body === 'object' && body !== null && 'language' in body ? body.language : null
  return language === 'en' || language === 'de' || language === 'ar' ? language : null
}

/** The library ends the session of a token or a cookie, but knows no JWTs. */
async function endSessionOfJwt({ principal, sessionId }: FastifyRequest, sessions: Sessions): Promise<void> {
  if (principal.kind === 'account' && sessionId !== null) await sessions.end(principal.accountId, sessionId)
}

/**
 * The library's response, with session tokens only in the signed form. The response to sign-up is the same whether the
 * address has an account or not.
 */
function bodyOf(endpoint: Endpoint, body: unknown, signedToken: string | null): unknown {
  if (endpoint.path === '/sign-up/email') return { status: true }
  if (endpoint.path === '/token' || typeof body !== 'object' || body === null || !('token' in body)) return body
  return { ...body, token: signedToken === null ? null : decodeURIComponent(signedToken) }
}

/** The request that is passed to better-auth. It contains nothing from the client except what is listed here. */
function requestFor(endpoint: Endpoint, request: FastifyRequest, publicUrl: string): Request {
  const headers = new Headers({ [clientAddressHeader]: request.ip })
  // The session of a cookie is passed as Bearer, because edge/admission.ts has already checked the request for CSRF.
  if (request.sessionToken !== null) headers.set('authorization', `Bearer ${request.sessionToken}`)
  const userAgent = request.headers['user-agent']
  if (userAgent !== undefined) headers.set('user-agent', userAgent.slice(0, 300))
  if (endpoint.method === 'POST') headers.set('content-type', 'application/json')
  const body = endpoint.method === 'POST' ? JSON.stringify('body' in endpoint ? libraryBody(request.body) : {}) : null
  return new Request(`${publicUrl}/api/auth${endpoint.path}`, { method: endpoint.method, headers, body })
}

/** The library has no language. */
function libraryBody(body: unknown): object {
  const { language: _, ...rest } = { language: null, ...(typeof body === 'object' ? body : {}) }
  return rest
}

/** Removes the account from the cache, because its sessions or its name may have changed. */
async function forget(request: FastifyRequest, principals: Principals): Promise<void> {
  if (request.sessionToken !== null) principals.forgetSession(request.sessionToken)
  if (request.principal.kind === 'account') await principals.forget(request.principal.accountId)
}
