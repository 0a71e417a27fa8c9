import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AccountPrincipal } from '../../accounts/principals.ts'
import type { SessionCard, Sessions } from '../../accounts/sessions.ts'
import { problem } from '../../edge/problem-error.ts'
import { authBodies } from './auth-bodies.ts'

export type SessionRoutesDeps = { sessions: Sessions }

/**
 * The sessions of the caller's account. better-auth has the same endpoints, but its responses contain the session
 * tokens, which scripts in a page must not be able to read.
 */
export async function sessionRoutes(app: FastifyInstance, { sessions }: SessionRoutesDeps): Promise<void> {
  const config = { admission: 'lenient' } as const
  app.addHook('onRequest', async (_request, reply) => {
    void reply.header('cache-control', 'no-store')
  })
  app.get('/api/auth/get-session', { config }, async (request, reply) => {
    const { principal, sessionId } = request
    if (principal.kind !== 'account' || sessionId === null) return asJson(reply, null)
    const session = (await sessions.list(principal)).find(({ id }) => id === sessionId)
    if (session === undefined) return asJson(reply, null)
    const { accountId, email, name } = principal
    return { session: bodyOf(session, sessionId), user: { id: accountId, email, name } }
  })
  app.get('/api/auth/list-sessions', { config }, async (request) => {
    const { account, sessionId } = callerOf(request)
    return (await sessions.list(account)).map((session) => bodyOf(session, sessionId))
  })
  app.post<{ Body: { id: string } }>(
    '/api/auth/revoke-session',
    { config, schema: { body: authBodies.revokeSession } },
    async (request) => {
      // A session that has ended meanwhile needs no error: the caller gets what they want.
      await sessions.end(callerOf(request).account.accountId, request.body.id)
      return { status: true }
    },
  )
  app.post('/api/auth/revoke-sessions', { config }, async (request) => {
    await sessions.endAll(callerOf(request).account.accountId)
    return { status: true }
  })
  app.post('/api/auth/revoke-other-sessions', { config }, async (request) => {
    const { account, sessionId } = callerOf(request)
    await sessions.endOthers(account.accountId, sessionId)
    return { status: true }
  })
}

/** @throws ProblemError unauthenticated */
export function callerOf({ principal, sessionId }: FastifyRequest): { account: AccountPrincipal; sessionId: string } {
  if (principal.kind !== 'account' || sessionId === null) throw problem('unauthenticated', 'Sign in first.')
  return { account: principal, sessionId }
}

function bodyOf(session: SessionCard, sessionId: string) {
  return { ...session, isCurrent: session.id === sessionId }
}

/** Fastify would send null as an empty body. */
function asJson(reply: FastifyReply, body: null) {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
}
