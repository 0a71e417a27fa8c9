import type { Pool } from 'pg'
import type { ChangeNotices, StoreChangeNotice } from '../notices/change-notices.ts'
import type { Principals } from '../sessions/principals.ts'
import { isLiveSession, sessionsEndedBut } from '../sessions/sessions.ts'
import { replaceRecoveryCodes } from './recovery-codes.ts'
import { noteAddition, withFactorsLocked } from './second-factors.ts'
import { factorShown } from './shown-factors.ts'
import type { CodeOutcome, Totp } from './totp.ts'

/**
 * Turns a new authenticator app on with its first code, and all that belongs to it: new recovery codes, the mark of the
 * caller's session, and the end of the others, which were started without a code. `store` stores the notice of the app.
 *
 * Locks: the row of `user`, then the app's.
 */
export type SetUpTotp = (
  caller: { accountId: string; sessionId: string },
  code: string,
  store: StoreChangeNotice,
) => Promise<SetUpTotpOutcome>

/** `ended`: the session has ended meanwhile. */
export type SetUpTotpOutcome =
  | { kind: 'accepted'; recoveryCodes: string[] }
  | Exclude<CodeOutcome, { kind: 'accepted' }>
  | { kind: 'ended' }

/** @param pool connected with `search_path=auth` */
export function createSetUpTotp(
  pool: Pool,
  totp: Pick<Totp, 'confirm'>,
  principals: Pick<Principals, 'forget'>,
  notices: ChangeNotices,
): SetUpTotp {
  return async ({ accountId, sessionId }, code, store) => {
    const outcome = await withFactorsLocked(pool, accountId, async (transaction): Promise<SetUpTotpOutcome> => {
      // A reset of the password has ended the sessions: no factor may follow from them.
      if (!(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'ended' }
      const confirmed = await totp.confirm(transaction, accountId, code)
      if (confirmed.kind !== 'accepted') return confirmed
      await noteAddition(transaction, { accountId, sessionId })
      const recoveryCodes = await replaceRecoveryCodes(transaction, accountId)
      await transaction.query(factorShown(accountId, { id: sessionId }))
      await transaction.query(sessionsEndedBut(accountId, sessionId))
      await notices.note(transaction, accountId, { change: 'app', store })
      return { kind: 'accepted', recoveryCodes }
    })
    if (outcome.kind === 'accepted') await principals.forget(accountId)
    return outcome
  }
}
