import { accountOperations } from '@holdfast/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { SessionCard } from '../../accounts/sessions/sessions.ts'
import { requireRecentSignIn } from './confirm-change.ts'
import { keepBrowserKnown } from './keep-browser-known.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { serveAccount } from './serve-account.ts'

/**
 * The sessions of the caller's account. better-auth has the same endpoints, but its responses contain the session
 * tokens, which scripts in a page must not be able to read.
 */
export async function sessionRoutes(app: FastifyInstance, deps: SecondFactorDeps): Promise<void> {
  const { sessions } = deps
  const { getSession, listSessions, revokeSession, revokeSessions, revokeOtherSessions } = accountOperations
  const lenient = { authentication: 'lenient' } as const
  serveAccount(app, getSession, lenient, async (request, reply) => {
    const { principal, sessionId } = request
    if (principal.kind !== 'account' || sessionId === null) return asJson(reply, null)
    const session = (await sessions.list(principal)).find(({ id }) => id === sessionId)
    if (session === undefined) return asJson(reply, null)
    const { accountId, email, name } = principal
    return { session: bodyOf(session, sessionId), user: { id: accountId, email, name } }
  })
  serveAccount(app, listSessions, lenient, async (_request, _reply, { account, sessionId }) => {
    return (await sessions.list(account)).map((session) => bodyOf(session, sessionId))
  })
  serveAccount(app, revokeSession, lenient, async (request, _reply, caller) => {
    await requireRecentSignIn(request, deps, caller, request.body.password)
    // A session that has ended meanwhile needs no error: the caller gets what they want.
    await sessions.end(caller.account.accountId, request.body.id)
    return { status: true }
  })
  serveAccount(app, revokeSessions, lenient, async (request, reply, caller) => {
    await requireRecentSignIn(request, deps, caller, request.body.password)
    const mark = await sessions.endAll(caller.account.accountId)
    keepBrowserKnown(request, reply, deps, { ...caller, mark })
    return { status: true }
  })
  serveAccount(app, revokeOtherSessions, lenient, async (request, _reply, caller) => {
    await requireRecentSignIn(request, deps, caller, request.body.password)
    await sessions.endOthers(caller.account.accountId, caller.sessionId)
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
