import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { storedSessionToken } from './hashed-session-tokens.ts'
import { type AccountPrincipal, type IdleLimits, idleSecondsMax, type Principals } from './principals.ts'

/** A session as its account may see it: without its token. */
export type SessionCard = { id: string; createdAt: Date; usedAt: Date; expiresAt: Date; userAgent: string | null }

export type Sessions = {
  /** An account's sessions that have neither expired nor been idle for too long, the last used first. */
  list(account: AccountPrincipal): Promise<SessionCard[]>
  /** Ends one session of an account. Idempotent. */
  end(accountId: string, sessionId: string): Promise<void>
  /** Ends the session of a token. Idempotent. */
  endByToken(token: string): Promise<void>
  /** Ends all sessions of an account but one. Idempotent. */
  endOthers(accountId: string, sessionId: string): Promise<void>
  /** Ends all sessions of an account, and all its JWTs. Idempotent. */
  endAll(accountId: string): Promise<void>
  /**
   * The account's person chose their password: they need not change it, and JWTs issued before are refused, as are
   * links to choose another.
   */
  passwordChosen(accountId: string): Promise<void>
  /** Voids the account's links to reset the password, and its pending sign-ins. Idempotent. */
  voidPasswordResets(accountId: string): Promise<void>
}

/** An account rarely has more than ten; the list has no pages. */
const listedMax = 200

/**
 * The sessions of accounts. A JWT ends with its session.
 *
 * @param pool connected with `search_path=auth`
 */
export function createSessions(
  pool: Pool,
  principals: Pick<Principals, 'forget' | 'forgetSession'>,
  idle: IdleLimits,
): Sessions {
  return {
    async list(account) {
      const { rows } = await pool.query<SessionCard>(sql`
        select id::text, "createdAt", "updatedAt" as "usedAt", "expiresAt", nullif("userAgent", '') as "userAgent"
          from session
         where "userId" = ${account.accountId} and "expiresAt" > now()
           and "updatedAt" >= now() - make_interval(secs => ${idleSecondsMax(account, idle)})
         order by "updatedAt" desc, id limit ${listedMax}`)
      return rows
    },
    async end(accountId, sessionId) {
      await pool.query(sql`delete from session where id = ${sessionId} and "userId" = ${accountId}`)
      principals.forget(accountId)
    },
    async endByToken(token) {
      await pool.query(sql`delete from session where token = ${storedSessionToken(token)}`)
      principals.forgetSession(token)
    },
    async endOthers(accountId, sessionId) {
      await pool.query(sql`delete from session where "userId" = ${accountId} and id <> ${sessionId}`)
      principals.forget(accountId)
    },
    async passwordChosen(accountId) {
      await voidPasswordResets(pool, accountId)
      await pool.query(
        sql`update "user" set "mustChangePassword" = false, "tokensValidFrom" = now() where id = ${accountId}`,
      )
      principals.forget(accountId)
    },
    voidPasswordResets: (accountId) => voidPasswordResets(pool, accountId),
    async endAll(accountId) {
      await pool.query(sql`
        with ended as (delete from session where "userId" = ${accountId})
        update "user" set "tokensValidFrom" = now() where id = ${accountId}`)
      principals.forget(accountId)
    },
  }
}

/** Their identifiers are stored as digests of their tokens. Passkey challenges have other values. */
async function voidPasswordResets(pool: Pool, accountId: string): Promise<void> {
  await pool.query(sql`delete from verification where value = ${accountId}`)
}
