import type { Pool, PoolClient } from 'pg'
import type { PendingSignIns } from '../sessions/pending-sign-ins.ts'
import { type SessionOrigin, startSession } from '../sessions/start-session.ts'
import { isRecoveryCode, type RecoveryCodes } from './recovery-codes.ts'
import { withFactorsLocked } from './second-factors.ts'
import { factorShown } from './shown-factors.ts'
import type { CodeOutcome, Totp } from './totp.ts'

export type SignInCodes = {
  /**
   * Completes a pending sign-in with a code of the authenticator app, or with a recovery code. The code and the sign-in
   * are used up together, and the session starts with that: of several codes that are sent at the same time one is.
   *
   * Locks: the row of `user`, then the pending sign-in, then the code.
   */
  complete(
    signIn: { challenge: string; accountId: string; code: string },
    from: SessionOrigin,
  ): Promise<SignInCodeOutcome>
}

/** `token`: of the session, unsigned. `expired`: the sign-in was completed or voided meanwhile, or has expired. */
export type SignInCodeOutcome =
  | { kind: 'accepted'; token: string }
  | Exclude<AcceptOutcome, { kind: 'accepted' }>
  | { kind: 'expired' }

type AcceptOutcome = CodeOutcome | { kind: 'recovery_code_wrong' }

/** @param pool connected with `search_path=auth` */
export function createSignInCodes(
  pool: Pool,
  pendingSignIns: PendingSignIns,
  factors: { totp: Totp; recoveryCodes: RecoveryCodes },
): SignInCodes {
  return {
    complete: ({ challenge, accountId, code }, from) =>
      // What ends the account's sessions locks the same row, and voids its pending sign-ins.
      withFactorsLocked(pool, accountId, async (transaction) => {
        await transaction.query('savepoint pending')
        if (!(await pendingSignIns.complete(transaction, challenge))) return { kind: 'expired' }
        const outcome = await accept(transaction, accountId, code)
        if (outcome.kind !== 'accepted') {
          await transaction.query('rollback to savepoint pending')
          return outcome
        }
        const token = await startSession(transaction, accountId, from)
        await transaction.query(factorShown(accountId, { token }))
        return { kind: 'accepted', token }
      }),
  }

  async function accept(transaction: PoolClient, accountId: string, code: string): Promise<AcceptOutcome> {
    if (!isRecoveryCode(code)) return factors.totp.verify(transaction, accountId, code.replaceAll(/\s/g, ''))
    const isRight = await factors.recoveryCodes.use(transaction, accountId, code)
    return { kind: isRight ? 'accepted' : 'recovery_code_wrong' }
  }
}
