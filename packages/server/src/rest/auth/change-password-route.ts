import { accountOperations } from '@holdfast/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ChangedPassword } from '../../accounts/passwords/change-password.ts'
import { sessionSeconds } from '../../accounts/sessions/start-session.ts'
import { isOwnPage } from '../../edge/authentication/csrf.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { sessionEnded } from './auth-refusals.ts'
import type { Caller } from './caller.ts'
import { changeNotice } from './change-notice.ts'
import { keepBrowserKnown } from './keep-browser-known.ts'
import { refuseGuessable, refuseWhenOverloaded } from './new-password-refusals.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { sessionOrigin } from './second-step-routes.ts'
import { serveAccount } from './serve-account.ts'

type Body = { currentPassword: string; newPassword: string; revokeOtherSessions?: boolean }

/** The caller chooses another password. */
export async function changePasswordRoute(app: FastifyInstance, deps: SecondFactorDeps): Promise<void> {
  const ifLost = 'Sign in with the new password; if it is refused, the earlier one is still the password.'
  const options = { authentication: 'lenient', ifLost } as const
  serveAccount(app, accountOperations.changePassword, options, async (request, reply, caller) => {
    refuseChosen(caller, request.body)
    refuseWhenOverloaded(deps.passwords)
    const { token, mark } = await changed(request, deps, caller)
    const signed = token === null ? null : deps.sessionCookies.signed(token)
    const { accountId: id, email, name } = caller.account
    const shownToken = signed === null ? null : shown(request, reply, deps, signed)
    keepBrowserKnown(request, reply, deps, { ...caller, mark })
    return { token: shownToken, user: { id, email, name } }
  })
}

/** @throws ProblemError invalid_request, password_guessable. The schema has checked the length. */
function refuseChosen({ account }: Caller, { currentPassword, newPassword }: Body): void {
  if (currentPassword === newPassword) {
    const message = 'The new password is the current one.'
    throw problem('invalid_request', message, { errors: [{ path: '/newPassword', message }] })
  }
  refuseGuessable('newPassword', newPassword, [account.email, account.name])
}

/**
 * @throws ProblemError password_wrong, unauthenticated, rate_limited
 */
async function changed(
  request: FastifyRequest<{ Body: Body }>,
  deps: SecondFactorDeps,
  { account: { accountId, secondFactorAt }, sessionId }: Caller,
): Promise<ChangedPassword> {
  const { currentPassword: current, newPassword: chosen, revokeOtherSessions = false } = request.body
  const replaced = revokeOtherSessions ? { from: sessionOrigin(request, true), secondFactorAt } : null
  const attempt = await deps.attempts.begin('changePassword', request)
  const outcome = await deps
    .changePassword({ accountId, sessionId }, { current, chosen }, replaced, changeNotice(deps, 'password'))
    .catch(async (error: unknown) => {
      await attempt.end('withdrawn')
      throw error
    })
  if (outcome.kind === 'done') {
    await afterCommit(() => attempt.end('succeeded'))
    return outcome
  }
  await attempt.end(outcome.kind === 'wrong' ? 'failed' : 'withdrawn')
  if (outcome.kind === 'ended') throw sessionEnded()
  const message = 'The current password is wrong.'
  throw problem('password_wrong', message, { errors: [{ path: '/currentPassword', message }] })
}

/** The site has its cookie, which its scripts cannot read. */
function shown(request: FastifyRequest, reply: FastifyReply, deps: SecondFactorDeps, signed: string): string | null {
  void reply.header('set-cookie', deps.sessionCookies.setCookie(signed, sessionSeconds))
  if (isOwnPage(request, deps.publicUrl)) return null
  void reply.header('set-auth-token', signed)
  return signed
}
