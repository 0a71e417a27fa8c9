import { inTransaction, normalizedEmail, type PersonalSectionRows } from '@holdfast/engine'
import type { AccountSection } from '@holdfast/vocabulary'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import { accountData } from './account-data.ts'
import { accountOfConfirmedEmail, confirmedEmail, newUnconfirmedAccounts } from './emails/confirmed-emails.ts'
import { isUniqueViolation } from './is-unique-violation.ts'
import { type PasswordRefusal, refusalOfNewPassword } from './passwords/new-passwords.ts'
import type { Passwords } from './passwords/passwords.ts'
import { passwordHash, storePassword } from './passwords/stored-passwords.ts'
import { hasFactor } from './second-factors/shown-factors.ts'
import type { Principals } from './sessions/principals.ts'
import { endingSignIns, endSessions, passwordResetsVoided } from './sessions/sessions.ts'

/** An account as the clinic's admins may see it. */
export type AccountCard = { id: string; email: string; name: string }

/** An account as the response to its sign-in has it. */
export type SignedInUser = AccountCard & { mustChangePassword: boolean }

export type NewAccount = {
  email: string
  name: string
  password: string
  /** true: the person has to choose another password before anything else. */
  mustChangePassword?: boolean
}

export type CreateAccountOutcome =
  | { kind: 'created'; account: AccountCard }
  | { kind: 'email_taken' }
  | { kind: 'password_refused'; refusal: PasswordRefusal }

/** What the schema's owner writes in the transaction of a new account, with `pool`: see `accountsPool`. */
export type WrittenByOwner = { pool: Pool; write(transaction: PoolClient, account: AccountCard): Promise<void> }

export type Accounts = {
  /** Finds an account by its e-mail address, ignoring case; null: there is none. */
  byEmail(email: string): Promise<AccountCard | null>
  /** The ids of the accounts with these e-mail addresses, by address in lower case. */
  idsByEmail(emails: string[]): Promise<Map<string, string>>
  /** Accounts that no longer exist are left out. */
  byIds(ids: string[]): Promise<Map<string, AccountCard>>
  userById(accountId: string): Promise<SignedInUser | null>
  /** The e-mail address that the account has proven to be its own; null: none. */
  confirmedEmail(accountId: string): Promise<string | null>
  /** The account that has proven this e-mail address, ignoring case; null: none has. */
  ofConfirmedEmail(email: string): Promise<string | null>
  /** Which of these accounts were created in the last hours and have not proven their e-mail address. */
  newUnconfirmed(ids: readonly string[], hours: number): Promise<string[]>
  /** Whether it is the account's password. */
  hasPassword(accountId: string, password: string): Promise<boolean>
  /** Creates an account with a password, without a session. E-mail addresses are stored in lower case. */
  createAccount(account: NewAccount, owner?: WrittenByOwner): Promise<CreateAccountOutcome>
  /** Sets a new password and ends all of the account's sessions. */
  setPassword(
    accountId: string,
    password: string,
  ): Promise<{ kind: 'done' } | { kind: 'account_missing' } | { kind: 'password_refused'; refusal: PasswordRefusal }>
  hasSiteAdministrator(): Promise<boolean>
  /**
   * Whether the account exists, and has not ended its sessions since a calendar feed was created. The feed's row may
   * still be stored, in a database without accounts. A feed that was created with a second factor ends when the account
   * has none any more.
   */
  mayHaveFeed(feed: { accountId: string; createdAt: Date; hasSecondFactor: boolean }): Promise<boolean>
  /** What the tables of accounts have of one, without passwords, tokens and digests. */
  personalData(accountId: string): Promise<PersonalSectionRows<AccountSection>[]>
  /** The time by the clock of the database of the accounts. */
  time(): Promise<Date>
}

const cardColumns = sql`id::text, email, name`

/**
 * Accounts for the rest of the server.
 *
 * @param pool connected with `search_path=auth`
 */
export function createAccounts(pool: Pool, passwords: Passwords, principals: Pick<Principals, 'forget'>): Accounts {
  const reads = accountReads(pool)
  return {
    ...reads,
    async hasPassword(accountId, password) {
      const hash = await passwordHash(pool, accountId)
      return hash !== null && (await passwords.verify({ hash, password }))
    },

    async createAccount({ email, name, password, mustChangePassword = false }, owner) {
      const refusal = refusalOfNewPassword(password, [email, name])
      if (refusal !== null) return { kind: 'password_refused', refusal }
      const hash = await passwords.hash(password)
      try {
        const account = await inTransaction(owner?.pool ?? pool, async (transaction) => {
          const { rows } = await transaction.query<AccountCard>(sql`
            insert into "user" (email, name, "emailVerified", "mustChangePassword", "createdAt", "updatedAt")
            values (${normalizedEmail(email)}, ${name}, false, ${mustChangePassword}, now(), now())
            returning ${cardColumns}`)
          if (rows[0] === undefined) throw new Error('An insert returned no row.')
          await storePassword(transaction, rows[0].id, hash)
          await owner?.write(transaction, rows[0])
          return rows[0]
        })
        return { kind: 'created', account }
      } catch (error) {
        if (isUniqueViolation(error)) return { kind: 'email_taken' }
        throw error
      }
    },

    async setPassword(accountId, password) {
      const user = await reads.userById(accountId)
      if (user === null) return { kind: 'account_missing' }
      const refusal = refusalOfNewPassword(password, [user.email, user.name])
      if (refusal !== null) return { kind: 'password_refused', refusal }
      const hash = await passwords.hash(password)
      await endingSignIns(pool, accountId, async (transaction) => {
        await storePassword(transaction, accountId, hash)
        await transaction.query(passwordResetsVoided(accountId))
        await endSessions(transaction, accountId)
      })
      await principals.forget(accountId)
      return { kind: 'done' }
    },

    async hasSiteAdministrator() {
      const { rows } = await pool.query<{ found: boolean }>(
        'select exists (select from holdfast.site_administrator) as found',
      )
      return rows[0]?.found ?? false
    },
  }
}

type AccountReads = Omit<Accounts, 'hasPassword' | 'createAccount' | 'setPassword' | 'hasSiteAdministrator'>

function accountReads(pool: Pool): AccountReads {
  return {
    confirmedEmail: (accountId) => confirmedEmail(pool, accountId),
    personalData: (accountId) => accountData(pool, accountId),
    ofConfirmedEmail: (email) => accountOfConfirmedEmail(pool, email),
    newUnconfirmed: (ids, hours) => newUnconfirmedAccounts(pool, ids, hours),
    async byEmail(email) {
      const { rows } = await pool.query<AccountCard>(
        sql`select ${cardColumns} from "user" where email = ${normalizedEmail(email)}`,
      )
      return rows[0] ?? null
    },
    async idsByEmail(emails) {
      const { rows } = await pool.query<{ id: string; email: string }>(
        sql`select id::text, email from "user" where email = any(${emails})`,
      )
      return new Map(rows.map(({ id, email }) => [email, id]))
    },
    async byIds(ids) {
      if (ids.length === 0) return new Map()
      const { rows } = await pool.query<AccountCard>(
        sql`select ${cardColumns} from "user" where id = any(${ids}::uuid[])`,
      )
      return new Map(rows.map((row) => [row.id, row]))
    },

    async userById(accountId) {
      const { rows } = await pool.query<SignedInUser>(sql`
        select ${cardColumns}, coalesce("mustChangePassword", false) as "mustChangePassword"
          from "user" where id = ${accountId}`)
      return rows[0] ?? null
    },
    async mayHaveFeed({ accountId, createdAt, hasSecondFactor }) {
      const { rowCount } = await pool.query(sql`
        select from "user"
         where id = ${accountId} and coalesce("feedsValidFrom" < ${createdAt}, true)
           and (not ${hasSecondFactor}::boolean or ${hasFactor(accountId)})`)
      return rowCount === 1
    },
    async time() {
      const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
      if (rows[0] === undefined) throw new Error('A query without conditions returned no row.')
      return rows[0].now
    },
  }
}
