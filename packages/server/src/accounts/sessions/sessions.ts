import { canChange, inTransaction, normalizedEmail } from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import type { MarkedAccount, SignInMark } from '../marked-account.ts'
import { storedSessionToken } from './hashed-session-tokens.ts'
import { pendingSignInsVoided } from './pending-sign-ins.ts'
import { type AccountPrincipal, type IdleLimits, idleSecondsMax, type Principals } from './principals.ts'

/** A session as its account may see it: without its token. */
export type SessionCard = { id: string; createdAt: Date; usedAt: Date; expiresAt: Date; userAgent: string | null }

/** Writes something else in the same transaction, such as its entry in the security log. */
export type AlsoWrite = (transaction: PoolClient) => Promise<void>

export type Sessions = {
  /** An account's sessions that have neither expired nor been idle for too long, the last used first. */
  list(account: AccountPrincipal): Promise<SessionCard[]>
  /** Whether a session has not ended. Requests are admitted from memory, and their bodies may take seconds. */
  isLive(accountId: string, sessionId: string): Promise<boolean>
  /**
   * The same, to be called when something that ends with the sessions was committed: it waits for an end of all of them
   * in progress, which may have missed it.
   */
  isStillLive(accountId: string, sessionId: string): Promise<boolean>
  /** Ends one session of an account. Idempotent. */
  end(accountId: string, sessionId: string): Promise<void>
  /** Ends the session of a token. Idempotent. */
  endByToken(token: string): Promise<void>
  /** Ends all sessions of an account but one. Idempotent. */
  endOthers(accountId: string, sessionId: string): Promise<void>
  /** Ends those that were used least recently, so that the account has 100 at most. After each sign-in. */
  endOldest(accountId: string): Promise<void>
  /** Ends all sessions of all accounts, one after the other. @returns how many accounts had any */
  endEverybodys(): Promise<number>
  /**
   * Ends all sessions of an account, its JWTs, its pending sign-ins and its calendar feeds. Idempotent.
   *
   * @returns the account's mark then
   */
  endAll(accountId: string, alsoWrite?: AlsoWrite): Promise<SignInMark>
  /** Read this before a sign-in with this e-mail address checks the password. */
  signInMark(email: string): Promise<SignInMark>
  /** An account with its mark, found by its id or its e-mail address; null: there is none. */
  markedAccount(of: { id: string } | { email: string }): Promise<MarkedAccount | null>
  /**
   * Whether the account's password was changed, or all its sessions were ended, since a sign-in read its mark. To be
   * called when the session or the pending sign-in is committed: it waits for such a change in progress, which ends
   * what was committed before it.
   */
  changedSince(accountId: string, mark: SignInMark): Promise<boolean>
}

/** An account rarely has more than ten; the list has no pages. */
const sessionsMax = 100

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
  async function endAll(accountId: string, alsoWrite?: AlsoWrite): Promise<SignInMark> {
    const mark = await endingSignIns(pool, accountId, async (transaction, changed) => {
      await endSignIns(transaction, accountId)
      await alsoWrite?.(transaction)
      return changed
    })
    await principals.forget(accountId)
    return mark
  }

  return {
    async list(account) {
      const { rows } = await pool.query<SessionCard>(sql`
        select id::text, "createdAt", "updatedAt" as "usedAt", "expiresAt", nullif("userAgent", '') as "userAgent"
          from session
         where "userId" = ${account.accountId} and "expiresAt" > now()
           and "updatedAt" >= now() - make_interval(secs => ${idleSecondsMax(account, idle)})
         order by "updatedAt" desc, id limit ${sessionsMax}`)
      return rows
    },
    isLive: (accountId, sessionId) => isLiveSession(pool, accountId, sessionId),
    async isStillLive(accountId, sessionId) {
      await pool.query(sql`select from "user" where id = ${accountId} for share`)
      return isLiveSession(pool, accountId, sessionId)
    },
    async end(accountId, sessionId) {
      await pool.query(sql`delete from session where id = ${sessionId} and "userId" = ${accountId}`)
      await principals.forget(accountId)
    },
    async endByToken(token) {
      const { rows } = await pool.query<{ accountId: string }>(
        sql`delete from session where token = ${storedSessionToken(token)} returning "userId"::text as "accountId"`,
      )
      principals.forgetSession(token)
      for (const { accountId } of rows) await principals.forget(accountId)
    },
    async endOthers(accountId, sessionId) {
      await pool.query(sessionsEndedBut(accountId, sessionId))
      await principals.forget(accountId)
    },
    async endOldest(accountId) {
      const { rowCount } = await pool.query(sql`
        delete from session where id in (
          select id from session where "userId" = ${accountId} order by "updatedAt" desc, id offset ${sessionsMax})`)
      if (rowCount !== 0) await principals.forget(accountId)
    },
    async endEverybodys() {
      // Somebody with a role may have created feeds of clinics and doctors, which may be in other databases.
      const { rows } = await pool.query<{ id: string; hasAny: boolean }>(sql`
        with role as materialized (
          select account_id from holdfast.membership union select account_id from holdfast.site_administrator
        ), known as materialized (
          select u.id, exists (select from session s where s."userId" = u.id)
                       or exists (select from verification v where v.value = u.id::text)
                       or exists (select from holdfast.calendar_feed f where f.created_by = u.id) as "hasAny"
            from "user" u
        )
        select id::text, "hasAny" from known
         where "hasAny" or id in (select account_id from role)
         order by id`)
      for (const { id } of rows) await endAll(id)
      return rows.filter(({ hasAny }) => hasAny).length
    },
    endAll,
    ...signInMarks(pool),
  }
}

/** Dates of JavaScript have no microseconds. */
const markColumn = sql`extract(epoch from "tokensValidFrom")::text as mark`

function signInMarks(pool: Pool): Pick<Sessions, 'signInMark' | 'markedAccount' | 'changedSince'> {
  async function marked(selection: Sql): Promise<MarkedAccount | null> {
    const { rows } = await pool.query<MarkedAccount>(sql`select id::text, ${markColumn} from "user" where ${selection}`)
    return rows[0] ?? null
  }
  const byEmail = (email: string) => marked(sql`email = ${normalizedEmail(email)}`)
  const markIn = (account: MarkedAccount | null) => account?.mark ?? null
  return {
    signInMark: async (email) => markIn(await byEmail(email)),
    markedAccount: (of) => ('id' in of ? marked(sql`id = ${of.id}`) : byEmail(of.email)),
    changedSince: async (accountId, before) => markIn(await marked(sql`id = ${accountId} for share`)) !== before,
  }
}

/**
 * Ends sessions in a transaction that first changes the account's mark. So a sign-in that has begun before finds the
 * mark changed, or its session is committed already, and ends here.
 *
 * Locks: the row of `user`.
 *
 * @param work gets the changed mark
 */
export function endingSignIns<Result>(
  pool: Pool,
  accountId: string,
  work: (transaction: PoolClient, mark: SignInMark) => Promise<Result>,
): Promise<Result> {
  return inTransaction(pool, async (transaction) => work(transaction, await changeSignInMark(transaction, accountId)))
}

/**
 * Sign-ins that have begun before are refused, and JWTs that were issued before; browsers are no longer known. Locks:
 * the row of `user`.
 */
export async function changeSignInMark(transaction: PoolClient, accountId: string): Promise<SignInMark> {
  const { rows } = await transaction.query<{ mark: SignInMark }>(sql`
    update "user" set "tokensValidFrom" = clock_timestamp() where id = ${accountId} returning ${markColumn}`)
  return rows[0]?.mark ?? null
}

/** Ends sessions, as {@link endSessions}, and pending sign-ins. */
export async function endSignIns(transaction: PoolClient, accountId: string): Promise<void> {
  await transaction.query(pendingSignInsVoided(accountId))
  await endSessions(transaction, accountId)
}

/**
 * Ends sessions, and calendar feeds that the account created: their URLs work without a sign-in. Feeds of clinics and
 * doctors may be in other databases, or be about to be moved there. They end by the time that is noted here:
 * `mayHaveFeed` compares it with that of the feed. Both are of this database's clock, and a feed's is read before the
 * session is checked a last time, which waits for this transaction. So a feed whose URL somebody got is either older
 * than the time, or of a session that did not end.
 *
 * For a transaction that has locked the row of `user`.
 */
export async function endSessions(
  transaction: PoolClient,
  accountId: string,
  { exceptToken = null }: { exceptToken?: string | null } = {},
): Promise<void> {
  const kept = exceptToken === null ? '' : storedSessionToken(exceptToken)
  await transaction.query(sql`delete from session where "userId" = ${accountId} and token <> ${kept}`)
  await transaction.query(sql`
    delete from holdfast.calendar_feed
     where created_by = ${accountId}
       and (kind = 'account' or ${canChange(sql`holdfast.clinic_no_of(subject_id)`)})`)
  await transaction.query(sql`update "user" set "feedsValidFrom" = clock_timestamp() where id = ${accountId}`)
}

/** Ends all sessions of an account but one. */
export function sessionsEndedBut(accountId: string, sessionId: string): Sql {
  return sql`delete from session where "userId" = ${accountId} and id <> ${sessionId}`
}

/** Whether a session has not ended. */
export async function isLiveSession(
  db: Pick<PoolClient, 'query'>,
  accountId: string,
  sessionId: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    sql`select from session where id = ${sessionId} and "userId" = ${accountId} and "expiresAt" > now()`,
  )
  return rowCount === 1
}

/** Deletes links to reset the account's password, and its pending sign-ins. Passkey challenges have other values. */
export function passwordResetsVoided(accountId: string): Sql {
  return sql`delete from verification where value = ${accountId}`
}

/** No password is the account's until another one is stored. */
export function passwordRemoved(accountId: string): Sql {
  return sql`update account set password = null, "updatedAt" = now() where "userId" = ${accountId}`
}

/** Deletes those links that were sent to the account's address, and not the operator's. */
export function mailedResetsVoided(accountId: string): Sql {
  return sql`delete from verification where value = ${accountId} and "mailedAt" is not null`
}

/** Does nothing if the account has confirmed its address already. Another address is confirmed by `change_address`. */
export function addressConfirmed(accountId: string): Sql {
  return sql`
    update "user" set "emailVerified" = true, "emailVerifiedAt" = now()
     where id = ${accountId} and not "emailVerified"`
}

/** A clinic that has guests confirm by a link does not ask the account for one. */
export function addressProven(accountId: string): Sql {
  return sql`insert into holdfast.verified_account (account_id) values (${accountId}) on conflict do nothing`
}
