import { accountOperations } from '@holdfast/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions } from '../../accounts/sessions/sessions.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import {
  askLibrary,
  forgetCaller,
  type LibraryDeps,
  type LibraryOperation,
  requireSuccess,
  showToken,
} from './library.ts'
import { serveAccount } from './serve-account.ts'

type LibraryRoutesDeps = LibraryDeps & { sessions: Pick<Sessions, 'end'> }

const lenient = { authentication: 'lenient' } as const

/** The endpoints of better-auth whose responses are passed on as they are. */
export async function libraryRoutes(app: FastifyInstance, deps: LibraryRoutesDeps): Promise<void> {
  const { signOut, getToken, getJwks, updateAccount } = accountOperations

  const passOn =
    (operation: LibraryOperation, onSuccess: (request: FastifyRequest) => Promise<void> = async () => undefined) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const response = await askLibrary(operation, request, deps)
      const isWrite = operation.method === 'POST'
      const complete = async () => {
        if (isWrite) await forgetCaller(request, deps)
        await requireSuccess(response, request, reply)
        await onSuccess(request)
        showToken(response, request, reply, deps.publicUrl)
        return response.json()
      }
      // The library has committed what it did.
      return isWrite && response.ok ? afterCommit(complete) : complete()
    }

  serveAccount(app, getJwks, { ...lenient, cacheControl: 'public, max-age=300' }, passOn(getJwks))
  serveAccount(app, getToken, lenient, passOn(getToken))
  serveAccount(app, updateAccount, lenient, passOn(updateAccount))

  // Whatever a browser sends, it can sign out.
  const ignoreBody = async (request: FastifyRequest) => {
    request.body = {}
  }
  // The library ends the session of a token or a cookie, but knows no JWTs.
  const endSessionOfJwt = async ({ principal, sessionId }: FastifyRequest) => {
    if (principal.kind === 'account' && sessionId !== null) await deps.sessions.end(principal.accountId, sessionId)
  }
  serveAccount(app, signOut, { ...lenient, preValidation: ignoreBody }, passOn(signOut, endSessionOfJwt))
}
