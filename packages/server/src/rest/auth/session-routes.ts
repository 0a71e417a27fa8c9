import { accountOperations } from '@holdfast/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { SessionCard } from '../../accounts/sessions.ts'
import { authBodies } from './auth-bodies.ts'
import { callerOf } from './caller.ts'
import { requireRecentSignIn } from './confirm-change.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { emptyBody } from './second-step-routes.ts'

type Confirmation = { password?: string }

/**
 * The sessions of the caller's account. better-auth has the same endpoints, but its responses contain the session
 * tokens, which scripts in a page must not be able to read.
 */
export async function sessionRoutes(app: FastifyInstance, deps: SecondFactorDeps): Promise<void> {
  const { sessions } = deps
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
  app.post<{ Body: Confirmation & { id: string } }>(
    '/api/auth/revoke-session',
    { config, schema: { body: authBodies.revokeSession } },
    async (request) => {
      const { account } = await requireRecentSignIn(request, deps, request.body.password)
      // A session that has ended meanwhile needs no error: the caller gets what they want.
      await sessions.end(account.accountId, request.body.id)
      return { status: true }
    },
  )
  const confirmed = { config, schema: { body: accountOperations.revokeSessions.body }, preValidation: emptyBody }
  app.post<{ Body: Confirmation }>('/api/auth/revoke-sessions', confirmed, async (request) => {
    const { account } = await requireRecentSignIn(request, deps, request.body.password)
    await sessions.endAll(account.accountId)
    return { status: true }
  })
  app.post<{ Body: Confirmation }>('/api/auth/revoke-other-sessions', confirmed, async (request) => {
    const { account, sessionId } = await requireRecentSignIn(request, deps, request.body.password)
    await sessions.endOthers(account.accountId, sessionId)
    return { status: true }
  })
}

function bodyOf(session: SessionCard, sessionId: string) {
  return { ...session, isCurrent: session.id === sessionId }
}

/** Fastify would send null as an empty body. */
function asJson(reply: FastifyReply, body: null) {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
}
