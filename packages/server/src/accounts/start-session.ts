import type { Auth } from './auth.ts'
import type { SecondFactors } from './second-factors.ts'
import type { Sessions, SignInMark } from './sessions.ts'

/**
 * Starts a session of somebody who showed a second factor.
 *
 * @param mark read before the sign-in was checked
 * @returns its token, unsigned; null: the password was changed meanwhile, or all sessions were ended
 */
export type StartSession = (accountId: string, mark: SignInMark, from: SessionOrigin) => Promise<string | null>

/** `isRemembered` false: the session ends after a day at the latest. */
export type SessionOrigin = { ipAddress: string; userAgent: string; isRemembered: boolean }

export function createStartSession(
  auth: Auth,
  secondFactors: Pick<SecondFactors, 'markNewSession'>,
  sessions: Pick<Sessions, 'changedSince' | 'endByToken'>,
): StartSession {
  return async (accountId, mark, { ipAddress, userAgent, isRemembered }) => {
    const { internalAdapter } = await auth.$context
    const origin = { ipAddress, userAgent }
    const { token } = await internalAdapter.createSession(accountId, !isRemembered, origin)
    await secondFactors.markNewSession(accountId, token)
    if (!(await sessions.changedSince(accountId, mark))) return token
    await sessions.endByToken(token)
    return null
  }
}
