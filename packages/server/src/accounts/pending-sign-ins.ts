import { randomBytes } from 'node:crypto'
import type { Auth } from './auth.ts'

/** Sign-ins whose password was right, and that still need a code. */
export type PendingSignIns = {
  /** A change or reset of the password voids it. */
  begin(accountId: string): Promise<PendingSignIn>
  /** The account of a pending sign-in; null: it was completed, or has expired. */
  accountOf(challenge: string): Promise<string | null>
  /** false: it was completed or voided meanwhile. */
  complete(challenge: string): Promise<boolean>
}

export type PendingSignIn = { challenge: string; expiresAt: Date }

const pendingMs = 10 * 60_000

/** Whether a value has the form of a challenge. */
export function isChallenge(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{32}$/.test(value)
}

export function createPendingSignIns(auth: Auth): PendingSignIns {
  const identifierOf = (challenge: string) => `second-factor:${challenge}`
  return {
    async begin(accountId) {
      const { internalAdapter } = await auth.$context
      const challenge = randomBytes(24).toString('base64url')
      const expiresAt = new Date(Date.now() + pendingMs)
      // The library stores identifiers as digests. Sessions.voidPasswordResets finds it by its value.
      await internalAdapter.createVerificationValue({
        identifier: identifierOf(challenge),
        value: accountId,
        expiresAt,
      })
      return { challenge, expiresAt }
    },
    async accountOf(challenge) {
      const { internalAdapter } = await auth.$context
      const found = await internalAdapter.findVerificationValue(identifierOf(challenge))
      return found !== null && found.expiresAt.getTime() > Date.now() ? found.value : null
    },
    async complete(challenge) {
      const { internalAdapter } = await auth.$context
      return (await internalAdapter.consumeVerificationValue(identifierOf(challenge))) !== null
    },
  }
}
