import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Auth, clientAddressHeader } from '../../accounts/auth.ts'
import type { Passwords } from '../../accounts/passwords.ts'
import type { Principals } from '../../accounts/principals.ts'
import { type ProblemError, problem } from '../../edge/problem-error.ts'
import { authBodies } from './auth-bodies.ts'

export type AuthRoutesDeps = { auth: Auth; passwords: Passwords; principals: Principals; publicUrl: string }

/** The endpoints of better-auth that are served. No others are, even if a later version adds some. */
const endpoints = [
  { method: 'POST', path: '/sign-up/email', body: authBodies.signUp, limit: 'sign_in' },
  { method: 'POST', path: '/sign-in/email', body: authBodies.signIn, limit: 'sign_in' },
  { method: 'POST', path: '/sign-out' },
  { method: 'GET', path: '/get-session' },
  { method: 'GET', path: '/token' },
  { method: 'GET', path: '/jwks' },
  { method: 'GET', path: '/list-sessions' },
  { method: 'POST', path: '/revoke-session', body: authBodies.revokeSession },
  { method: 'POST', path: '/revoke-sessions' },
  { method: 'POST', path: '/revoke-other-sessions' },
  { method: 'POST', path: '/change-password', body: authBodies.changePassword, limit: 'password' },
  { method: 'POST', path: '/update-user', body: authBodies.updateUser },
] as const satisfies readonly {
  method: 'GET' | 'POST'
  path: string
  body?: object
  /** These hash a password. Sign-ins are also limited by IP address and by e-mail address. */
  limit?: 'sign_in' | 'password'
}[]

type Endpoint = (typeof endpoints)[number]

/** The accounts API under /api/auth: better-auth with this server's rate limits, validation and problem documents. */
export async function authRoutes(app: FastifyInstance, deps: AuthRoutesDeps): Promise<void> {
  for (const endpoint of endpoints) {
    app.route({
      method: endpoint.method,
      url: `/api/auth${endpoint.path}`,
      config: { admission: 'lenient' },
      schema: 'body' in endpoint ? { body: endpoint.body } : {},
      onRequest: async (request, reply) => {
        if ('limit' in endpoint && endpoint.limit === 'sign_in')
          await app.rateLimits.countSignInByAddress(request, reply)
      },
      preHandler: async (request, reply) => {
        if (!('limit' in endpoint)) return
        if (endpoint.limit === 'sign_in') await app.rateLimits.countSignInByEmail(request, reply)
        if (deps.passwords.isOverloaded()) {
          throw problem('overloaded', 'Too many people are signing in at the moment.', { retryAfterSeconds: 2 })
        }
      },
      handler: (request, reply) => forward(endpoint, request, reply, deps),
    })
  }
}

/**
 * The response to a failed sign-in is sent at a whole multiple of this time after the request began, so that its
 * timing does not reveal whether the address exists. An unknown address costs the same password hash as a wrong
 * password, but one query less: on a busy machine the medians were 27 and 42 ms.
 */
const refusalStepMs = 250

async function forward(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply, deps: AuthRoutesDeps) {
  const startedAt = performance.now()
  const response = await deps.auth.handler(requestFor(endpoint, request, deps.publicUrl))
  if (endpoint.method === 'POST') forget(request, deps.principals)
  // Also on errors: sign-out clears the cookie of a session that no longer exists.
  for (const cookie of response.headers.getSetCookie()) void reply.header('set-cookie', cookie)
  if (endpoint.path === '/sign-in/email' && !response.ok)
    await delay(refusalStepMs - ((performance.now() - startedAt) % refusalStepMs))
  if (!response.ok) throw await refusalOf(response, request)
  const token = response.headers.get('set-auth-token')
  if (token !== null) void reply.header('set-auth-token', token)
  void reply.header('cache-control', endpoint.path === '/jwks' ? 'public, max-age=300' : 'no-store')
  void reply.header('content-type', 'application/json; charset=utf-8')
  return reply.code(response.status).send(await response.text())
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

/** Maps better-auth's errors to problems. Its messages are not passed on, because a later version may change them. */
async function refusalOf(response: Response, request: FastifyRequest): Promise<ProblemError> {
  const code = await codeOf(response)
  if (code === 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL' || code === 'USER_ALREADY_EXISTS') {
    return problem('email_taken', 'An account with this e-mail address exists.')
  }
  if (code === 'INVALID_EMAIL_OR_PASSWORD') {
    return problem('unauthenticated', 'The e-mail address or the password is wrong.')
  }
  if (code === 'INVALID_PASSWORD') return problem('unauthenticated', 'The current password is wrong.')
  if (response.status === 401) return problem('unauthenticated', 'Sign in first.')
  if (response.status === 403) return problem('forbidden', 'This session may not do that: sign in again.')
  if (response.status < 500)
    return problem('invalid_request', `The accounts service refuses this (${code ?? response.status}).`)
  request.log.error({ requestId: request.id, status: response.status }, 'the accounts library failed')
  return problem('internal_error', 'The error was logged with this id.')
}

async function codeOf(response: Response): Promise<string | null> {
  const body: unknown = await response.json().catch(() => null)
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' ? body.code : null
}
