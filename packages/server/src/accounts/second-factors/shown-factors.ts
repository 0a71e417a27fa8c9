import sql, { type Sql } from 'sql-template-tag'
import { storedSessionToken } from '../sessions/hashed-session-tokens.ts'

/**
 * Marks a session in which a second factor was shown, or that replaces such a session. Does nothing if the account has
 * no second factor any more. For a transaction that has locked the row of `user`, as removals of factors do.
 *
 * @param shownAt null: now
 */
export function factorShown(
  accountId: string,
  session: { id: string } | { token: string },
  shownAt: Date | null = null,
): Sql {
  const isIt = 'id' in session ? sql`id = ${session.id}` : sql`token = ${storedSessionToken(session.token)}`
  return sql`
    update session set "secondFactorAt" = ${shownAt === null ? sql`now()` : sql`${shownAt}`}
     where ${isIt} and "userId" = ${accountId} and ${hasFactor(accountId)}`
}

export function hasFactor(accountId: string): Sql {
  return sql`(exists (select from totp where "userId" = ${accountId} and "confirmedAt" is not null)
    or exists (select from passkey where "userId" = ${accountId}))`
}
