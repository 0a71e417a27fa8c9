import type { FastifyRequest } from 'fastify'
import type { AccountPrincipal } from '../../accounts/sessions/principals.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import type { Caller } from './caller.ts'
import { refuseWhenOverloaded } from './new-password-refusals.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'

export type RecentSignInDeps = Pick<SecondFactorDeps, 'accounts' | 'attempts' | 'passwords' | 'sessions'>

/** How long after a second factor was shown in a session changes of the factors need no password. */
const recentMs = 10 * 60_000

export function isRecent({ secondFactorAt }: AccountPrincipal): boolean {
  return secondFactorAt !== null && isMomentAgo(secondFactorAt)
}

function isMomentAgo(at: Date): boolean {
  return Date.now() - at.getTime() < recentMs
}

/**
 * The caller may change the account's second factors: if it has any, only in a session that was started with one.
 * Otherwise somebody who knows the password alone could add another.
 *
 * @throws ProblemError unauthenticated if the session has ended, second_factor_required
 */
export async function requireShownFactor(caller: Caller, deps: SecondFactorDeps): Promise<void> {
  const { accountId, secondFactorAt } = caller.account
  await requireLiveSession(caller, deps)
  if (secondFactorAt !== null) return
  const { hasTotp, passkeys } = await deps.secondFactors.of(accountId)
  if (hasTotp || passkeys > 0) {
    throw problem('second_factor_required', 'Sign in with a second factor of this account first.')
  }
}

/**
 * The same, and they are still the person who signed in: a second factor was shown a moment ago, or the password is
 * right.
 *
 * @throws ProblemError password_wrong, rate_limited too
 */
export async function requireConfirmation(
  request: FastifyRequest,
  deps: SecondFactorDeps,
  caller: Caller,
  password: string | undefined,
): Promise<void> {
  await requireShownFactor(caller, deps)
  if (isRecent(caller.account)) return
  await requirePassword(request, deps, caller, password)
  // Checking the password took a while.
  await requireLiveSession(caller, deps)
}

/**
 * A session that a new password has ended must not leave a second factor behind.
 *
 * @throws ProblemError unauthenticated
 */
async function requireLiveSession({ account, sessionId }: Caller, { sessions }: SecondFactorDeps): Promise<void> {
  if (!(await sessions.isLive(account.accountId, sessionId))) throw problem('unauthenticated', 'Sign in first.')
}

/**
 * The caller has signed in, or shown a second factor, a moment ago, or the password is right. Somebody who finds a
 * browser that is signed in cannot sign its owner out everywhere.
 *
 * @throws ProblemError password_wrong, rate_limited
 */
export async function requireRecentSignIn(
  request: FastifyRequest,
  deps: RecentSignInDeps,
  caller: Caller,
  password: string | undefined,
): Promise<void> {
  if (isRecent(caller.account)) return
  const session = (await deps.sessions.list(caller.account)).find(({ id }) => id === caller.sessionId)
  if (session === undefined || !isMomentAgo(session.createdAt)) await requirePassword(request, deps, caller, password)
}

async function requirePassword(
  request: FastifyRequest,
  deps: RecentSignInDeps,
  { account }: Caller,
  password: string | undefined,
): Promise<void> {
  if (password === undefined) throw wrong('Send the current password.')
  refuseWhenOverloaded(deps.passwords)
  // A guess, until it proves right: the security log has it also if there were too many before.
  request.hasGuessedPassword = true
  // Counts together with the attempts to change the password.
  const attempt = await deps.attempts.begin('changePassword', request)
  const isRight = await deps.accounts.hasPassword(account.accountId, password).catch(async (error: unknown) => {
    request.hasGuessedPassword = false
    await attempt.end('withdrawn')
    throw error
  })
  request.hasGuessedPassword = !isRight
  await attempt.end(isRight ? 'succeeded' : 'failed')
  if (!isRight) throw wrong('The current password is wrong.')
}

function wrong(message: string) {
  return problem('password_wrong', message, { errors: [{ path: '/password', message }] })
}
