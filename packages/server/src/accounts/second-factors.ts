import { inTransaction } from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import { storedSessionToken } from './hashed-session-tokens.ts'
import type { Principals } from './principals.ts'
import type { Sessions } from './sessions.ts'

export type SecondFactors = {
  of(accountId: string): Promise<FactorCounts>
  /** The account's person has shown a second factor in the session now. Does nothing if the account has none. */
  markSession(accountId: string, sessionId: string): Promise<void>
  /**
   * A new session was started with a second factor, or replaces a session that was. Does nothing if the account has
   * none any more.
   *
   * @param token of the new session
   */
  markNewSession(accountId: string, token: string, shownAt: Date): Promise<void>
  /**
   * Removes the secret of the authenticator app with its recovery codes. Sessions of an account that has no second
   * factor any more count as started without one.
   */
  removeTotp(accountId: string): Promise<void>
  /** The same for a passkey. false: the account has no such passkey. */
  removePasskey(accountId: string, id: string): Promise<boolean>
  /** For a lost phone: removes every second factor and ends all sessions. @returns what was removed */
  reset(accountId: string): Promise<FactorCounts>
}

/** `hasTotp`: an authenticator app is set up and asked for at sign-in. */
export type FactorCounts = { hasTotp: boolean; recoveryCodes: number; passkeys: number }

/** @param pool connected with `search_path=auth` */
export function createSecondFactors(
  pool: Pool,
  principals: Pick<Principals, 'forget' | 'forgetSession'>,
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

  return {
    of,
    async markSession(accountId, sessionId) {
      await withFactorsLocked(pool, accountId, (transaction) =>
        transaction.query(sql`
          update session set "secondFactorAt" = now()
           where id = ${sessionId} and "userId" = ${accountId} and ${hasFactor(accountId)}`),
      )
      await principals.forget(accountId)
    },
    async markNewSession(accountId, token, shownAt) {
      await withFactorsLocked(pool, accountId, (transaction) =>
        transaction.query(sql`
          update session set "secondFactorAt" = ${shownAt}
           where token = ${storedSessionToken(token)} and "userId" = ${accountId} and ${hasFactor(accountId)}`),
      )
      principals.forgetSession(token)
    },
    async removeTotp(accountId) {
      await withFactorsLocked(pool, accountId, async (transaction) => {
        await deleteTotp(transaction, accountId)
        await unmarkSessions(transaction, accountId)
      })
      await principals.forget(accountId)
    },
    async removePasskey(accountId, id) {
      const isRemoved = await withFactorsLocked(pool, accountId, async (transaction) => {
        const { rowCount } = await transaction.query(
          sql`delete from passkey where id = ${id} and "userId" = ${accountId}`,
        )
        await unmarkSessions(transaction, accountId)
        return rowCount === 1
      })
      await principals.forget(accountId)
      return isRemoved
    },
    async reset(accountId) {
      const removed = await of(accountId)
      await withFactorsLocked(pool, accountId, async (transaction) => {
        await secondFactorsRemoved(transaction, accountId)
        await unmarkSessions(transaction, accountId)
      })
      await sessions.endAll(accountId)
      return removed
    },
  }
}

/**
 * Runs `work` in a transaction while nobody else removes second factors of the account or marks its sessions. Its
 * statements see what earlier ones of others wrote.
 *
 * Locks: the row of `user`.
 */
async function withFactorsLocked<Result>(
  pool: Pool,
  accountId: string,
  work: (transaction: PoolClient) => Promise<Result>,
): Promise<Result> {
  return inTransaction(pool, async (transaction) => {
    await transaction.query(sql`select from "user" where id = ${accountId} for no key update`)
    return work(transaction)
  })
}

function hasFactor(accountId: string) {
  return sql`(exists (select from totp where "userId" = ${accountId} and "confirmedAt" is not null)
    or exists (select from passkey where "userId" = ${accountId}))`
}

/** Removes the second factors of an account, whose row is locked: all, or those that were added since a time. */
export async function secondFactorsRemoved(transaction: PoolClient, accountId: string, since = new Date(0)) {
  const { rowCount } = await transaction.query(
    sql`select from totp where "userId" = ${accountId} and coalesce("begunAt" >= ${since}, true)`,
  )
  if (rowCount !== 0) await deleteTotp(transaction, accountId)
  await transaction.query(sql`delete from passkey where "userId" = ${accountId} and "createdAt" >= ${since}`)
}

async function deleteTotp(transaction: PoolClient, accountId: string): Promise<void> {
  await transaction.query(sql`delete from totp where "userId" = ${accountId}`)
  await transaction.query(sql`delete from "recoveryCode" where "userId" = ${accountId}`)
}

async function unmarkSessions(transaction: PoolClient, accountId: string): Promise<void> {
  await transaction.query(sql`
    update session set "secondFactorAt" = null
     where "userId" = ${accountId} and "secondFactorAt" is not null and not ${hasFactor(accountId)}`)
}
