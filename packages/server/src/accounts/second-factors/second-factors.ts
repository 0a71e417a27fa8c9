import { inTransaction } from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import type { ChangeNotices, NoticedChange, StoreChangeNotice } from '../notices/change-notices.ts'
import { recentSince } from '../notices/long-proven-address.ts'
import type { Principals } from '../sessions/principals.ts'
import { type AlsoWrite, endingSignIns, endSignIns, isLiveSession } from '../sessions/sessions.ts'
import { hasFactor } from './shown-factors.ts'

export type SecondFactors = {
  of(accountId: string): Promise<FactorCounts>
  /**
   * Removes the secret of the authenticator app with its recovery codes. Sessions of an account that has no second
   * factor any more count as started without one. `store` stores the notice of it.
   */
  removeTotp(caller: FactorCaller, store: StoreChangeNotice): Promise<FactorRemoval>
  /** The same for a passkey. */
  removePasskey(caller: FactorCaller, id: string, store: StoreChangeNotice): Promise<FactorRemoval>
  /** For a lost phone: removes every second factor and ends all sessions. @returns what was removed */
  reset(accountId: string, alsoWrite?: AlsoWrite): Promise<FactorCounts>
}

/** Whose factors are changed, and in which session. */
export type FactorCaller = { accountId: string; sessionId: string }

/** `missing`: the account has no such factor. `ended`: the session has ended meanwhile. */
export type FactorRemoval = { kind: 'removed' | 'missing' | 'ended' }

/** `hasTotp`: an authenticator app is set up and required at sign-in. */
export type FactorCounts = { hasTotp: boolean; recoveryCodes: number; passkeys: number }

/** @param pool connected with `search_path=auth` */
export function createSecondFactors(
  pool: Pool,
  principals: Pick<Principals, 'forget'>,
  notices: ChangeNotices,
): SecondFactors {
  /** @param work returns whether there was one to remove */
  async function remove(
    { accountId, sessionId }: FactorCaller,
    notice: { change: NoticedChange; store: StoreChangeNotice },
    work: (transaction: PoolClient) => Promise<boolean>,
  ): Promise<FactorRemoval> {
    const removal = await withFactorsLocked(pool, accountId, async (transaction): Promise<FactorRemoval> => {
      // A reset of the password has ended the sessions: no factor of the owner's may be removed by one of them.
      if (!(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'ended' }
      const isRemoved = await work(transaction)
      await unmarkSessions(transaction, accountId)
      if (!isRemoved) return { kind: 'missing' }
      await notices.note(transaction, accountId, notice)
      return { kind: 'removed' }
    })
    await principals.forget(accountId)
    return removal
  }

  return {
    of: (accountId) => factorCounts(pool, accountId),
    removeTotp: (caller, store) =>
      remove(caller, { change: 'app_removed', store }, async (transaction) => {
        await noteRemoval(transaction, caller, sql`select "confirmedAt" as since from totp where "userId" = u.id`)
        return deleteTotp(transaction, caller.accountId)
      }),
    removePasskey: (caller, id, store) =>
      remove(caller, { change: 'passkey_removed', store }, async (transaction) => {
        const passkey = sql`select "createdAt" as since from passkey where id = ${id} and "userId" = u.id`
        await noteRemoval(transaction, caller, passkey)
        const { rowCount } = await transaction.query(
          sql`delete from passkey where id = ${id} and "userId" = ${caller.accountId}`,
        )
        return rowCount === 1
      }),
    async reset(accountId, alsoWrite) {
      const removed = await endingSignIns(pool, accountId, async (transaction) => {
        const counts = await factorCounts(transaction, accountId)
        await secondFactorsRemoved(transaction, accountId)
        await endSignIns(transaction, accountId)
        await alsoWrite?.(transaction)
        return counts
      })
      await principals.forget(accountId)
      return removed
    },
  }
}

export async function factorCounts(db: Pick<PoolClient, 'query'>, accountId: string): Promise<FactorCounts> {
  const { rows } = await db.query<FactorCounts>(sql`
    select exists (select from totp where "userId" = ${accountId} and "confirmedAt" is not null) as "hasTotp",
           (select count(*)::integer from "recoveryCode" where "userId" = ${accountId}) as "recoveryCodes",
           (select count(*)::integer from passkey where "userId" = ${accountId}) as passkeys`)
  if (rows[0] === undefined) throw new Error('A query without conditions returned no row.')
  return rows[0]
}

/**
 * Runs `work` in a transaction while nobody else removes second factors of the account or marks its sessions. Its
 * statements see what earlier ones of others wrote.
 *
 * Locks: the row of `user`.
 */
export async function withFactorsLocked<Result>(
  pool: Pool,
  accountId: string,
  work: (transaction: PoolClient) => Promise<Result>,
): Promise<Result> {
  return inTransaction(pool, async (transaction) => {
    await transaction.query(sql`select from "user" where id = ${accountId} for no key update`)
    return work(transaction)
  })
}

/**
 * Removes the second factors of an account, whose row is locked: all, or those that were added since a time.
 *
 * @returns whether there were any
 */
export async function secondFactorsRemoved(
  transaction: PoolClient,
  accountId: string,
  since = new Date(0),
): Promise<boolean> {
  const { rowCount: apps } = await transaction.query(sql`
    select from totp where "userId" = ${accountId} and coalesce("confirmedAt", "begunAt", now()) >= ${since}`)
  const isAppRemoved = apps !== 0 && (await deleteTotp(transaction, accountId))
  const { rowCount: passkeys } = await transaction.query(
    sql`delete from passkey where "userId" = ${accountId} and "createdAt" >= ${since}`,
  )
  return passkeys !== 0 || isAppRemoved
}

/**
 * Only the removal of an older factor counts: a thief who adds one, and removes it, shows nothing of the owner's.
 *
 * @param removed has `since`, when the factor was added
 */
async function noteRemoval(
  transaction: PoolClient,
  { accountId, sessionId }: FactorCaller,
  removed: Sql,
): Promise<void> {
  await transaction.query(sql`
    update "user" u set "factorRemovedAt" = now(), "factorRemovedBy" = ${sessionId}
     where u.id = ${accountId} and exists (select from (${removed}) f where f.since < ${recentSince})`)
}

/**
 * To be called when a factor was added, for a transaction that has locked the row of `user`. While the account has no
 * factor, the password alone adds one: it replaces the one that the owner has removed only if it is added in the
 * session of the removal, which had shown it.
 */
export async function noteAddition(transaction: PoolClient, { accountId, sessionId }: FactorCaller): Promise<void> {
  await transaction.query(sql`
    update "user" u set "factorRemovedAt" = null, "factorRemovedBy" = null
     where u.id = ${accountId} and u."factorRemovedAt" is not null
       and u."factorRemovedBy" is distinct from ${sessionId}
       and 1 = (select count(*) from totp t where t."userId" = u.id and t."confirmedAt" is not null)
             + (select count(*) from passkey p where p."userId" = u.id)`)
}

/** @returns whether there was an app that was set up */
async function deleteTotp(transaction: PoolClient, accountId: string): Promise<boolean> {
  const { rows } = await transaction.query<{ isOn: boolean }>(
    sql`delete from totp where "userId" = ${accountId} returning "confirmedAt" is not null as "isOn"`,
  )
  await transaction.query(sql`delete from "recoveryCode" where "userId" = ${accountId}`)
  return rows.some(({ isOn }) => isOn)
}

async function unmarkSessions(transaction: PoolClient, accountId: string): Promise<void> {
  await transaction.query(sql`
    update session set "secondFactorAt" = null
     where "userId" = ${accountId} and "secondFactorAt" is not null and not ${hasFactor(accountId)}`)
}
