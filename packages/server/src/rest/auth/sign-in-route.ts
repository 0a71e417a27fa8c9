import { accountOperations } from '@holdfast/contract'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { MarkedAccount, SignInMark } from '../../accounts/marked-account.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { wrongPassword } from './auth-refusals.ts'
import { accountIn, askLibrary, forgetCaller, type LibraryDeps, requireSuccess, showToken, tokenOf } from './library.ts'
import { refuseWhenOverloaded } from './new-password-refusals.ts'
import { createPublicAddressCheck } from './public-address.ts'
import { atResponseStep } from './response-step.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { serveAccount } from './serve-account.ts'
import { noticeSignIn } from './sign-in-notice.ts'

type SignInDeps = SecondFactorDeps & LibraryDeps & { corsOrigins: readonly string[] }
type SignInRequest = FastifyRequest<{ Body: { email: string; language?: MessageLanguage } }>

/** The sign-in with a password, after which an authenticator app may have to show a code. */
export async function signInRoute(app: FastifyInstance, deps: SignInDeps): Promise<void> {
  const requirePublicAddress = createPublicAddressCheck(deps)
  const options = {
    authentication: 'lenient' as const,
    isCountedByRoute: true,
    ifLost: 'Sign in again.',
    preValidation: async (request: FastifyRequest, reply: FastifyReply) => {
      requirePublicAddress(request)
      const browser = deps.attempts.browserOf(request)
      if (browser !== null) await app.rateLimits.countMarkedRequest(browser, reply)
      await app.rateLimits.countSignInRequest(request, reply, await deps.attempts.knownAs(request))
    },
    preHandler: async () => refuseWhenOverloaded(deps.passwords),
  }
  serveAccount(app, accountOperations.signIn, options, async (request, reply) => {
    const count = await app.rateLimits.countSignIn(request, reply, await deps.attempts.knownAs(request))
    const attempt = await deps.attempts.begin('signIn', request)
    const { mark, response } = await checkPassword(request, deps).catch(async (error: unknown) => {
      await attempt.end('withdrawn')
      await count.giveBack()
      throw error
    })
    const complete = async () => {
      // A clinic's people sign in from one address.
      if (response.ok || response.status >= 500) await count.giveBack()
      await attempt.end(response.ok ? 'succeeded' : response.status < 500 ? 'failed' : 'withdrawn')
      await forgetCaller(request, deps)
      const secondStep = response.ok ? await secondStepOf(response, mark, deps) : null
      if (secondStep !== null) return { token: null, secondStep }
      await requireSuccess(response, request, reply)
      await completeSignIn(request, reply, { id: await accountIn(response), mark }, deps)
      const token = showToken(response, request, reply, deps.publicUrl)
      return { ...((await response.json()) as object), token: token === null ? null : decodeURIComponent(token) }
    }
    // The library has committed the session.
    return response.ok ? afterCommit(complete) : complete()
  })
}

/** `mark`: read before the password was checked. */
async function checkPassword(
  request: SignInRequest,
  deps: SignInDeps,
): Promise<{ mark: SignInMark; response: Response }> {
  return atResponseStep(
    async () => {
      const mark = await deps.sessions.signInMark(request.body.email)
      return { mark, response: await askLibrary(accountOperations.signIn, request, deps) }
    },
    ({ response }) => !response.ok,
  )
}

/**
 * The password was right: if the account has an authenticator app, the session that the library started ends before
 * anybody gets its token, and a code has to complete the sign-in. null: the password is enough.
 *
 * @param mark read before the password was checked
 * @throws ProblemError unauthenticated if the password was changed meanwhile
 */
async function secondStepOf(
  response: Response,
  mark: SignInMark,
  { secondFactors, sessions, pendingSignIns }: SignInDeps,
) {
  const [accountId, signedToken] = [await accountIn(response), tokenOf(response)]
  if (signedToken === null) throw new Error('The accounts library returned no session.')
  const { hasTotp } = await secondFactors.of(accountId)
  if (hasTotp) await sessions.endByToken(unsigned(signedToken))
  const pending = hasTotp ? await pendingSignIns.begin(accountId) : null
  if (await sessions.changedSince(accountId, mark)) {
    await sessions.endByToken(unsigned(signedToken))
    // The challenge is not sent to anybody, and expires.
    throw wrongPassword()
  }
  return pending
}

/** The session token without its signature. */
function unsigned(signedToken: string): string {
  return decodeURIComponent(signedToken).split('.')[0] ?? ''
}

/** The browser's earlier session ends: nobody sees it any more, and it would stay valid for weeks. */
async function completeSignIn(
  request: SignInRequest,
  reply: FastifyReply,
  account: MarkedAccount,
  deps: SignInDeps,
): Promise<void> {
  const { cookie } = request.headers
  const { id: accountId } = account
  if (request.sessionToken !== null) await deps.sessions.endByToken(request.sessionToken)
  await deps.sessions.endOldest(accountId)
  const isKnownBrowser = deps.knownBrowsers.idOf(cookie, account) !== null
  await noticeSignIn(request, deps, { accountId, isKnownBrowser, language: request.body.language ?? null })
  void reply.header('set-cookie', deps.knownBrowsers.setCookie(cookie, account))
}
