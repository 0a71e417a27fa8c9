import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { storedSessionToken } from './hashed-session-tokens.ts'
import type { Principals } from './principals.ts'
import type { Sessions } from './sessions.ts'

export type SecondFactors = {
  of(accountId: string): Promise<FactorCounts>
  /** The session was started with a second factor, or its account's person has shown one now. */
  markSession(accountId: string, sessionId: string): Promise<void>
  /** A session that replaces another one keeps its second factor. @param token of the new session */
  carry(token: string, shownAt: Date): Promise<void>
  /** Removes the secret of the authenticator app with its recovery codes. false: there was none that is on. */
  removeTotp(accountId: string): Promise<boolean>
  /** Sessions of an account that has no second factor any more count as started without one. */
  afterRemoval(accountId: string): Promise<void>
  /** For a lost phone: removes every second factor and ends all sessions. @returns what was removed */
  reset(accountId: string): Promise<FactorCounts>
}

/** `hasTotp`: an authenticator app is set up and asked for at sign-in. */
export type FactorCounts = { hasTotp: boolean; recoveryCodes: number; passkeys: number }

/** @param pool connected with `search_path=auth` */
export function createSecondFactors(
  pool: Pool,
  principals: Pick<Principals, 'forget'>,
  sessions: Pick<Sessions, 'endAll'>,
): SecondFactors {
  async function of(accountId: string): Promise<FactorCounts> {
    const { rows } = await pool.query<FactorCounts>(sql`
      select exists (select from totp where "userId" = ${accountId} and "confirmedAt" is not null) as "hasTotp",
             (select count(*)::integer from "recoveryCode" where "userId" = ${accountId}) as "recoveryCodes",
             (select count(*)::integer from passkey where "userId" = ${accountId}) as passkeys`)
    if (rows[0] === undefined) throw new Error('A query without conditions returned no row.')
    return rows[0]
  }

  async function removeTotp(accountId: string): Promise<boolean> {
    const { rows } = await pool.query<{ on: boolean }>(
      sql`delete from totp where "userId" = ${accountId} returning "confirmedAt" is not null as "on"`,
    )
    await pool.query(sql`delete from "recoveryCode" where "userId" = ${accountId}`)
    return rows[0]?.on ?? false
  }

  return {
    of,
    async markSession(accountId, sessionId) {
      await pool.query(
        sql`update session set "secondFactorAt" = now() where id = ${sessionId} and "userId" = ${accountId}`,
      )
      principals.forget(accountId)
    },
    async carry(token, shownAt) {
      await pool.query(sql`update session set "secondFactorAt" = ${shownAt} where token = ${storedSessionToken(token)}`)
    },
    removeTotp,
    async afterRemoval(accountId) {
      await pool.query(sql`
        update session set "secondFactorAt" = null
         where "userId" = ${accountId} and "secondFactorAt" is not null
           and not exists (select from totp where "userId" = ${accountId} and "confirmedAt" is not null)
           and not exists (select from passkey where "userId" = ${accountId})`)
      principals.forget(accountId)
    },
    async reset(accountId) {
      const removed = await of(accountId)
      await removeTotp(accountId)
      await pool.query(sql`delete from passkey where "userId" = ${accountId}`)
      await sessions.endAll(accountId)
      return removed
    },
  }
}
