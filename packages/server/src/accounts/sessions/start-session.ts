import { randomBytes } from 'node:crypto'
import type { PoolClient } from 'pg'
import sql from 'sql-template-tag'
import { storedSessionToken } from './hashed-session-tokens.ts'

/** `isRemembered` false: the session ends after a day at the latest. */
export type SessionOrigin = { ipAddress: string; userAgent: string; isRemembered: boolean }

export const sessionSeconds = 30 * 24 * 3600
const forgottenSeconds = 24 * 3600
const tokenBytes = 24

/**
 * Starts a session, in the transaction that uses up what allows it: a repetition after a transaction that was lost is
 * not refused. For a transaction that has locked the row of `user`, as the changes that end sessions do.
 *
 * @returns its token, unsigned
 */
export async function startSession(
  transaction: PoolClient,
  accountId: string,
  { ipAddress, userAgent, isRemembered }: SessionOrigin,
): Promise<string> {
  const token = randomBytes(tokenBytes).toString('hex')
  const seconds = isRemembered ? sessionSeconds : forgottenSeconds
  await transaction.query(sql`
    insert into session ("userId", token, "expiresAt", "ipAddress", "userAgent", "createdAt", "updatedAt")
    values (${accountId}, ${storedSessionToken(token)}, now() + make_interval(secs => ${seconds}), ${ipAddress},
      ${userAgent}, now(), now())`)
  return token
}
