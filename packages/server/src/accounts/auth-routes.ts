import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ProblemError, problem } from '../edge/problem-error.ts'
import { type Auth, clientAddressHeader } from './auth.ts'
import { authBodies } from './auth-bodies.ts'
import type { Passwords } from './passwords.ts'
import type { Principals } from './principals.ts'

export type AuthRoutesDeps = { auth: Auth; passwords: Passwords; principals: Principals; publicUrl: string }

/** better-auth's calls that are served; all its others are not, whatever a later version adds. */
const calls = [
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
  /** Costs a password hash; sign-ins are counted by address and e-mail too. */
  limit?: 'sign_in' | 'password'
}[]

type Call = (typeof calls)[number]

/** The accounts' calls under /api/auth: better-auth behind this server's limits, validation and problem documents. */
export async function authRoutes(app: FastifyInstance, deps: AuthRoutesDeps): Promise<void> {
  for (const call of calls) {
    app.route({
      method: call.method,
      url: `/api/auth${call.path}`,
      config: { admission: 'lenient' },
      schema: 'body' in call ? { body: call.body } : {},
      onRequest: async (request, reply) => {
        if ('limit' in call && call.limit === 'sign_in') await app.rateLimits.countSignInByAddress(request, reply)
      },
      preHandler: async (request, reply) => {
        if (!('limit' in call)) return
        if (call.limit === 'sign_in') await app.rateLimits.countSignInByEmail(request, reply)
        if (deps.passwords.isOverloaded()) {
          throw problem('overloaded', 'Too many people sign in at once.', { retryAfterSeconds: 2 })
        }
      },
      handler: (request, reply) => serve(call, request, reply, deps),
    })
  }
}

/**
 * A refused sign-in is answered at a whole multiple of this after it began. An unknown address costs the same password
 * hash as a wrong password, but a query less: on a busy machine the medians were 27 and 42 ms.
 */
const refusalStepMs = 250

async function serve(call: Call, request: FastifyRequest, reply: FastifyReply, deps: AuthRoutesDeps) {
  const beganAt = performance.now()
  const answer = await deps.auth.handler(requestFor(call, request, deps.publicUrl))
  if (call.method === 'POST') forget(request, deps.principals)
  // Also on refusals: sign-out clears the cookie of a session that is gone.
  for (const cookie of answer.headers.getSetCookie()) void reply.header('set-cookie', cookie)
  if (call.path === '/sign-in/email' && !answer.ok)
    await delay(refusalStepMs - ((performance.now() - beganAt) % refusalStepMs))
  if (!answer.ok) throw await refusalOf(answer, request)
  const token = answer.headers.get('set-auth-token')
  if (token !== null) void reply.header('set-auth-token', token)
  void reply.header('cache-control', call.path === '/jwks' ? 'public, max-age=300' : 'no-store')
  void reply.header('content-type', 'application/json; charset=utf-8')
  return reply.code(answer.status).send(await answer.text())
}

/** The request as better-auth sees it: nothing of what the client sent but what is named here. */
function requestFor(call: Call, request: FastifyRequest, publicUrl: string): Request {
  const headers = new Headers({ [clientAddressHeader]: request.ip })
  // A cookie's session travels as Bearer: whether its owner meant the request was checked at the edge.
  if (request.sessionToken !== null) headers.set('authorization', `Bearer ${request.sessionToken}`)
  const userAgent = request.headers['user-agent']
  if (userAgent !== undefined) headers.set('user-agent', userAgent.slice(0, 300))
  if (call.method === 'POST') headers.set('content-type', 'application/json')
  const body = call.method === 'POST' ? JSON.stringify('body' in call ? request.body : {}) : null
  return new Request(`${publicUrl}/api/auth${call.path}`, { method: call.method, headers, body })
}

/** Sessions and names may have changed: what was remembered of them counts no longer. */
function forget(request: FastifyRequest, principals: Principals): void {
  if (request.sessionToken !== null) principals.forgetSession(request.sessionToken)
  if (request.principal.kind === 'account') principals.forget(request.principal.accountId)
}

/** better-auth's refusals in our words. Its own messages are not passed on: they are its to change. */
async function refusalOf(answer: Response, request: FastifyRequest): Promise<ProblemError> {
  const code = await codeOf(answer)
  if (code === 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL' || code === 'USER_ALREADY_EXISTS') {
    return problem('email_taken', 'An account with this e-mail address exists.')
  }
  if (code === 'INVALID_EMAIL_OR_PASSWORD') {
    return problem('unauthenticated', 'The e-mail address or the password is wrong.')
  }
  if (code === 'INVALID_PASSWORD') return problem('unauthenticated', 'The current password is wrong.')
  if (answer.status === 401) return problem('unauthenticated', 'Sign in first.')
  if (answer.status === 403) return problem('forbidden', 'This session may not do that: sign in again.')
  if (answer.status < 500)
    return problem('invalid_request', `The accounts service refuses this (${code ?? answer.status}).`)
  request.log.error({ requestId: request.id, status: answer.status }, 'the accounts library failed')
  return problem('internal_error', 'An error was noted under this id.')
}

async function codeOf(answer: Response): Promise<string | null> {
  const body: unknown = await answer.json().catch(() => null)
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' ? body.code : null
}
