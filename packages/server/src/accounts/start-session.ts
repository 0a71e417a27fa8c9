import type { Auth } from './auth.ts'
import type { SecondFactors } from './second-factors.ts'

/** Starts a session of somebody who showed a second factor. @returns its token, unsigned */
export type StartSession = (accountId: string, from: SessionOrigin) => Promise<string>

/** `isRemembered` false: the session ends after a day at the latest. */
export type SessionOrigin = { ipAddress: string; userAgent: string; isRemembered: boolean }

export function createStartSession(auth: Auth, secondFactors: Pick<SecondFactors, 'markNewSession'>): StartSession {
  return async (accountId, { ipAddress, userAgent, isRemembered }) => {
    const { internalAdapter } = await auth.$context
    const origin = { ipAddress, userAgent }
    const { token } = await internalAdapter.createSession(accountId, !isRemembered, origin)
    await secondFactors.markNewSession(accountId, token, new Date())
    return token
  }
}
