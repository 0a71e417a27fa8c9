import { inTransaction } from '@holdfast/engine'
import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import type { SignInMark } from '../marked-account.ts'
import type { ChangeNotices, StoreChangeNotice } from '../notices/change-notices.ts'
import { factorShown } from '../second-factors/shown-factors.ts'
import { pendingSignInsVoided } from '../sessions/pending-sign-ins.ts'
import type { Principals } from '../sessions/principals.ts'
import { changeSignInMark, endSessions, isLiveSession } from '../sessions/sessions.ts'
import { type SessionOrigin, startSession } from '../sessions/start-session.ts'
import type { Passwords } from './passwords.ts'
import { passwordHash, replacePassword } from './stored-passwords.ts'

/**
 * The account's person chooses another password: they need not change it any more, and JWTs issued before are refused,
 * as are pending sign-ins. Links to choose another one stay valid, and count: whoever knows the password must not take
 * the way back from the owner. `store` stores the notice of the change.
 *
 * The library's own change is not used: it replaces whatever is stored, so that of two changes at once, both with the
 * right password, the later would win unnoticed; and it commits the password before the rest.
 *
 * Locks: the row of `user`.
 *
 * @param replaced the session with which the person goes on, instead of all others; null: none ends
 */
export type ChangePassword = (
  caller: { accountId: string; sessionId: string },
  passwords: { current: string; chosen: string },
  replaced: ReplacedSessions | null,
  store: StoreChangeNotice,
) => Promise<ChangePasswordOutcome>

/** `secondFactorAt`: of the caller's session. */
export type ReplacedSessions = { from: SessionOrigin; secondFactorAt: Date | null }

/** `wrong`: it is not the account's password, or not any more. `ended`: the caller's session has ended meanwhile. */
export type ChangePasswordOutcome = ChangedPassword | { kind: 'wrong' } | { kind: 'ended' }

/** `token`: of the new session, unsigned; null: there is none. `mark`: the account's then. */
export type ChangedPassword = { kind: 'done'; token: string | null; mark: SignInMark }

/** @param pool connected with `search_path=auth` */
export function createChangePassword(
  pool: Pool,
  passwords: Pick<Passwords, 'hash' | 'verify'>,
  principals: Pick<Principals, 'forget'>,
  notices: ChangeNotices,
): ChangePassword {
  return async ({ accountId, sessionId }, { current, chosen }, replaced, store) => {
    const before = await passwordHash(pool, accountId)
    if (before === null || !(await passwords.verify({ hash: before, password: current }))) return { kind: 'wrong' }
    const hash = await passwords.hash(chosen)
    const outcome = await inTransaction(pool, async (transaction): Promise<ChangePasswordOutcome> => {
      await transaction.query('savepoint unchanged')
      const mark = await changeSignInMark(transaction, accountId)
      const isLive = await isLiveSession(transaction, accountId, sessionId)
      if (!isLive || !(await replacePassword(transaction, accountId, { before, hash }))) {
        await transaction.query('rollback to savepoint unchanged')
        return { kind: isLive ? 'wrong' : 'ended' }
      }
      await transaction.query(sql`update "user" set "mustChangePassword" = false where id = ${accountId}`)
      await transaction.query(pendingSignInsVoided(accountId))
      await notices.note(transaction, accountId, { change: 'password', store })
      if (replaced === null) return { kind: 'done', token: null, mark }
      const { from, secondFactorAt } = replaced
      const token = await startSession(transaction, accountId, from)
      if (secondFactorAt !== null) await transaction.query(factorShown(accountId, { token }, secondFactorAt))
      await endSessions(transaction, accountId, { exceptToken: token })
      return { kind: 'done', token, mark }
    })
    if (outcome.kind === 'done') await principals.forget(accountId)
    return outcome
  }
}
