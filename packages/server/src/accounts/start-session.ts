import type { Auth } from './auth.ts'

/** Starts a session of somebody who showed a second factor. @returns its token, unsigned */
export type StartSession = (accountId: string, from: SessionOrigin) => Promise<string>

/** `isRemembered` false: the session ends after a day at the latest. */
export type SessionOrigin = { ipAddress: string; userAgent: string; isRemembered: boolean }

export function createStartSession(auth: Auth): StartSession {
  return async (accountId, { ipAddress, userAgent, isRemembered }) => {
    const { internalAdapter } = await auth.$context
    const origin = { ipAddress, userAgent, secondFactorAt: new Date() }
    const { token } = await internalAdapter.createSession(accountId, !isRemembered, origin)
    return token
  }
}
