import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Accounts } from '../../accounts/accounts.ts'
import { type Auth, clientAddressHeader } from '../../accounts/auth.ts'
import { refusalOfNewPassword, refusalText } from '../../accounts/new-passwords.ts'
import type { Principals } from '../../accounts/principals.ts'
import type { Sessions } from '../../accounts/sessions.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { problem } from '../../edge/problem-error.ts'
import type { SignInCount } from '../../edge/rate-limits.ts'
import { authBodies } from './auth-bodies.ts'
import { refusalOf } from './auth-refusals.ts'
import { createPublicAddressCheck } from './public-address.ts'
import { recordAccountEvents } from './record-account-events.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { secondFactorRoutes } from './second-factor-routes.ts'
import { secondStepRoutes } from './second-step-routes.ts'
import { sessionRoutes } from './session-routes.ts'

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
  { method: 'POST', path: '/change-password', body: authBodies.changePassword, hashes: true },
  { method: 'POST', path: '/reset-password', body: authBodies.resetPassword, hashes: true },
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
  await app.register(sessionRoutes, deps)
  await app.register(secondStepRoutes, deps)
  await app.register(secondFactorRoutes, deps)
  for (const endpoint of endpoints) {
    const isByAddress = ['/sign-in/email', '/sign-up/email', '/reset-password'].includes(endpoint.path)
    app.route({
      method: endpoint.method,
      url: `/api/auth${endpoint.path}`,
      config: { admission: 'lenient', isCountedByRoute: endpoint.path === '/sign-in/email' },
      bodyLimit: bodyBytesMax,
      schema: 'body' in endpoint ? { body: endpoint.body } : {},
      preValidation: async (request, reply) => {
        if (endpoint.path !== '/sign-in/email') return
        requirePublicAddress(request)
        app.rateLimits.countSignInRequest(request, reply, deps.attempts.knownEmail(endpoint.path, request))
      },
      preHandler: async (request) => {
        await refuseGuessablePassword(endpoint, request, deps.accounts)
        if ('hashes' in endpoint && deps.passwords.isOverloaded()) {
          throw problem('overloaded', 'Too many people are signing in at the moment.', { retryAfterSeconds: 2 })
        }
      },
      handler: async (request, reply) => {
        if (!isByAddress) return respond(endpoint, request, reply, deps)
        const count = app.rateLimits.countSignIn(request, reply, deps.attempts.knownEmail(endpoint.path, request))
        return respond(endpoint, request, reply, deps, count)
      },
    })
  }
}

const fieldsOfNewPassword = new Map<string, string>([
  ['/sign-up/email', 'password'],
  ['/change-password', 'newPassword'],
  ['/reset-password', 'newPassword'],
])

/** @throws ProblemError password_guessable. The schema has checked the length. */
async function refuseGuessablePassword({ path }: Endpoint, request: FastifyRequest, accounts: Accounts): Promise<void> {
  const { body, principal } = request
  const field = fieldsOfNewPassword.get(path)
  if (field === undefined) return
  const fields = new Map<string, unknown>(typeof body === 'object' && body !== null ? Object.entries(body) : [])
  const person = await personOf()
  if (fields.get('currentPassword') === fields.get(field)) {
    const message = 'The new password is the current one.'
    throw problem('invalid_request', message, { errors: [{ path: `/${field}`, message }] })
  }
  const refusal = refusalOfNewPassword(String(fields.get(field)), person.map(String))
  if (refusal === null) return
  const message = `The password ${refusalText(refusal)}.`
  throw problem('password_guessable', message, { errors: [{ path: `/${field}`, message }] })

  // Who has signed in may open the link of another account.
  async function personOf(): Promise<unknown[]> {
    if (path === '/sign-up/email') return [fields.get('email'), fields.get('name')]
    if (path === '/change-password') return principal.kind === 'account' ? [principal.email, principal.name] : []
    const account = await accounts.byPasswordReset(String(fields.get('token')))
    request.subjectAccountId = account?.id ?? null
    return account === null ? [] : [account.email, account.name]
  }
}

async function respond(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: AuthRoutesDeps,
  count?: SignInCount,
) {
  const attempt = deps.attempts.begin(endpoint.path, request)
  const response = await forwarded(endpoint, request, deps).catch((error: unknown) => {
    attempt.end('withdrawn')
    count?.giveBack()
    throw error
  })
  // A clinic's people sign in from one address. Sign-ups always count: they create accounts.
  if (response.status >= 500 || (response.ok && endpoint.path !== '/sign-up/email')) count?.giveBack()
  attempt.end(response.ok ? 'succeeded' : response.status < 500 ? 'failed' : 'withdrawn')
  if (endpoint.method === 'POST') forget(request, deps.principals)
  const token = response.headers.get('set-auth-token')
  if (response.ok && endpoint.path === '/sign-in/email') {
    const pending = await secondStepOf(response.clone(), token, deps)
    if (pending !== null) return reply.header('cache-control', 'no-store').send(pending)
  }
  // Also on errors: sign-out clears the cookie of a session that no longer exists.
  for (const cookie of response.headers.getSetCookie()) void reply.header('set-cookie', cookie)
  if (!response.ok) throw await refusalOf(response, request)
  if (endpoint.path === '/sign-in/email') await afterSignIn(request, reply, deps)
  if (endpoint.path === '/change-password' && request.principal.kind === 'account') {
    const { accountId, secondFactorAt } = request.principal
    if (token !== null && secondFactorAt !== null) {
      await deps.secondFactors.markNewSession(accountId, unsigned(token), secondFactorAt)
    }
    await deps.sessions.passwordChosen(accountId)
  }
  if (endpoint.path === '/sign-out') await endSessionOfJwt(request, deps.sessions)
  if (token !== null) void reply.header('set-auth-token', token)
  void reply.header('cache-control', endpoint.path === '/jwks' ? 'public, max-age=300' : 'no-store')
  return reply.code(response.status).send(bodyOf(endpoint, await response.json(), token))
}

/**
 * Responses that could reveal by their timing whether an e-mail address has an account are sent at a whole multiple of
 * this time after the request began. An unknown address costs the same password hash as a wrong password, but one
 * query less: on a busy machine the medians were 27 and 42 ms.
 */
const responseStepMs = 250

async function forwarded(endpoint: Endpoint, request: FastifyRequest, deps: AuthRoutesDeps): Promise<Response> {
  const startedAt = performance.now()
  const response = await deps.auth.handler(requestFor(endpoint, request, deps.publicUrl))
  const mayReveal = endpoint.path === '/sign-up/email' || (endpoint.path === '/sign-in/email' && !response.ok)
  if (mayReveal) await delay(responseStepMs - ((performance.now() - startedAt) % responseStepMs))
  return response
}

/**
 * The password was right: if the account has an authenticator app, the session that the library started ends before
 * anybody gets its token, and a code has to complete the sign-in. null: the password is enough.
 */
async function secondStepOf(response: Response, signedToken: string | null, deps: AuthRoutesDeps) {
  const { user } = (await response.json()) as { user: { id: string } }
  const { hasTotp } = await deps.secondFactors.of(user.id)
  if (!hasTotp) return null
  if (signedToken === null) throw new Error('The accounts library returned no session.')
  await deps.sessions.endByToken(unsigned(signedToken))
  return { token: null, secondStep: await deps.pendingSignIns.begin(user.id) }
}

/** The session token without its signature. */
function unsigned(signedToken: string): string {
  return decodeURIComponent(signedToken).split('.')[0] ?? ''
}

/** The browser's earlier session ends: nobody sees it any more, and it would stay valid for weeks. */
async function afterSignIn(request: FastifyRequest, reply: FastifyReply, deps: AuthRoutesDeps): Promise<void> {
  if (request.sessionToken !== null) await deps.sessions.endByToken(request.sessionToken)
  void reply.header('set-cookie', deps.attempts.knownBrowserCookie(request))
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
  const body = endpoint.method === 'POST' ? JSON.stringify('body' in endpoint ? request.body : {}) : null
  return new Request(`${publicUrl}/api/auth${endpoint.path}`, { method: endpoint.method, headers, body })
}

/** Removes the account from the cache, because its sessions or its name may have changed. */
function forget(request: FastifyRequest, principals: Principals): void {
  if (request.sessionToken !== null) principals.forgetSession(request.sessionToken)
  if (request.principal.kind === 'account') principals.forget(request.principal.accountId)
}
