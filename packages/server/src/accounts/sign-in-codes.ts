import { inTransaction } from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import type { PendingSignIns } from './pending-sign-ins.ts'
import { isRecoveryCode, type RecoveryCodes } from './recovery-codes.ts'
import type { CodeOutcome, Totp } from './totp.ts'

export type SignInCodes = {
  /**
   * Completes a pending sign-in with a code of the authenticator app, or with a recovery code. The code and the sign-in
   * are used up together: of several codes that are sent at the same time one is.
   *
   * Locks: the pending sign-in, then the code.
   */
  complete(signIn: { challenge: string; accountId: string; code: string }): Promise<SignInCodeOutcome>
}

/** `expired`: the sign-in was completed or voided meanwhile, or has expired. */
export type SignInCodeOutcome = CodeOutcome | { kind: 'recovery_code_wrong' } | { kind: 'expired' }

/** @param pool connected with `search_path=auth` */
export function createSignInCodes(
  pool: Pool,
  pendingSignIns: PendingSignIns,
  factors: { totp: Totp; recoveryCodes: RecoveryCodes },
): SignInCodes {
  return {
    complete: ({ challenge, accountId, code }) =>
      inTransaction(pool, async (transaction) => {
        await transaction.query('savepoint pending')
        if (!(await pendingSignIns.complete(transaction, challenge))) return { kind: 'expired' }
        const outcome = await accept(transaction, accountId, code)
        if (outcome.kind !== 'accepted') await transaction.query('rollback to savepoint pending')
        return outcome
      }),
  }

  async function accept(transaction: PoolClient, accountId: string, code: string): Promise<SignInCodeOutcome> {
    if (!isRecoveryCode(code)) return factors.totp.verify(transaction, accountId, code.replaceAll(/\s/g, ''))
    const isRight = await factors.recoveryCodes.use(transaction, accountId, code)
    return { kind: isRight ? 'accepted' : 'recovery_code_wrong' }
  }
}
