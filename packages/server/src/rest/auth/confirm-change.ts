import type { FastifyRequest } from 'fastify'
import type { AccountPrincipal } from '../../accounts/principals.ts'
import { problem } from '../../edge/problem-error.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { callerOf } from './session-routes.ts'

type Caller = { account: AccountPrincipal; sessionId: string }

/** How long after a second factor was shown in a session changes of the factors need no password. */
const recentMs = 10 * 60_000

export function isRecent({ secondFactorAt }: AccountPrincipal): boolean {
  return secondFactorAt !== null && Date.now() - secondFactorAt.getTime() < recentMs
}

/**
 * The caller, if they may change the account's second factors: if it has any, only in a session that was started with
 * one. Otherwise somebody who knows the password alone could add another.
 *
 * @throws ProblemError unauthenticated, second_factor_required
 */
export async function requireShownFactor(request: FastifyRequest, deps: SecondFactorDeps): Promise<Caller> {
  const caller = callerOf(request)
  const { accountId, secondFactorAt } = caller.account
  if (secondFactorAt !== null) return caller
  const { hasTotp, passkeys } = await deps.secondFactors.of(accountId)
  if (hasTotp || passkeys > 0) {
    throw problem('second_factor_required', 'Sign in with a second factor of this account first.')
  }
  return caller
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
  password: string | undefined,
): Promise<Caller> {
  const caller = await requireShownFactor(request, deps)
  if (isRecent(caller.account)) return caller
  if (password === undefined) throw wrong('Send the current password.')
  if (deps.passwords.isOverloaded()) {
    throw problem('overloaded', 'Too many people are signing in at the moment.', { retryAfterSeconds: 2 })
  }
  // Counts together with the attempts to change the password.
  const attempt = deps.attempts.begin('/change-password', request)
  const isRight = await deps.accounts.hasPassword(caller.account.accountId, password).catch((error: unknown) => {
    attempt.end('withdrawn')
    throw error
  })
  attempt.end(isRight ? 'succeeded' : 'failed')
  if (!isRight) throw wrong('The current password is wrong.')
  return caller
}

function wrong(message: string) {
  return problem('password_wrong', message, { errors: [{ path: '/password', message }] })
}
