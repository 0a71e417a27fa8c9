import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { type Auth, passwordLength } from './auth.ts'
import type { Passwords } from './passwords.ts'
import type { Principals } from './principals.ts'

/** An account as the clinic's admins may see it. */
export type AccountCard = { id: string; email: string; name: string }

export type NewAccount = { email: string; name: string; password: string }

export type CreateAccountOutcome =
  | { kind: 'created'; account: AccountCard }
  | { kind: 'email_taken' }
  | { kind: 'password_length'; min: number; max: number }

export type Accounts = {
  /** By e-mail address, ignoring case; null: there is none. */
  byEmail(email: string): Promise<AccountCard | null>
  /** Accounts that no longer exist are left out. */
  byIds(ids: string[]): Promise<Map<string, AccountCard>>
  /** Creates an account with a password, without a session. E-mail addresses are stored in lower case. */
  createAccount(account: NewAccount): Promise<CreateAccountOutcome>
  /** Sets a new password and ends all of the account's sessions. */
  setPassword(
    accountId: string,
    password: string,
  ): Promise<{ kind: 'done' } | { kind: 'account_missing' } | { kind: 'password_length'; min: number; max: number }>
  /** Idempotent. */
  makeSiteAdministrator(accountId: string): Promise<void>
  hasSiteAdministrator(): Promise<boolean>
}

const uniqueViolation = '23505'
const cardColumns = sql`id::text, email, name`

/**
 * Accounts for the rest of the server.
 *
 * @param pool connected with `search_path=auth`
 */
export function createAccounts(pool: Pool, auth: Auth, passwords: Passwords, principals: Principals): Accounts {
  return {
    async byEmail(email) {
      const { rows } = await pool.query<AccountCard>(
        sql`select ${cardColumns} from "user" where email = ${email.trim().toLowerCase()}`,
      )
      return rows[0] ?? null
    },
    async byIds(ids) {
      if (ids.length === 0) return new Map()
      const { rows } = await pool.query<AccountCard>(
        sql`select ${cardColumns} from "user" where id = any(${ids}::uuid[])`,
      )
      return new Map(rows.map((row) => [row.id, row]))
    },

    async createAccount({ email, name, password }) {
      if (!hasAllowedLength(password)) return { kind: 'password_length', ...passwordLength }
      const { internalAdapter } = await auth.$context
      const hash = await passwords.hash(password)
      try {
        const user = await internalAdapter.createUser(
          { email: email.trim().toLowerCase(), name, emailVerified: false },
          { method: 'admin' },
        )
        await internalAdapter.linkAccount({
          userId: user.id,
          providerId: 'credential',
          accountId: user.id,
          password: hash,
        })
        return { kind: 'created', account: { id: user.id, email: user.email, name: user.name } }
      } catch (error) {
        if (isUniqueViolation(error)) return { kind: 'email_taken' }
        throw error
      }
    },

    async setPassword(accountId, password) {
      if (!hasAllowedLength(password)) return { kind: 'password_length', ...passwordLength }
      const { internalAdapter } = await auth.$context
      if ((await internalAdapter.findUserById(accountId)) === null) return { kind: 'account_missing' }
      const hash = await passwords.hash(password)
      const logins = await internalAdapter.findAccounts(accountId)
      if (logins.some((login) => login.providerId === 'credential'))
        await internalAdapter.updatePassword(accountId, hash)
      else {
        const login = { userId: accountId, providerId: 'credential', accountId, password: hash }
        await internalAdapter.linkAccount(login)
      }
      await pool.query(sql`delete from session where "userId" = ${accountId}`)
      principals.forget(accountId)
      return { kind: 'done' }
    },

    async makeSiteAdministrator(accountId) {
      await pool.query(
        sql`insert into holdfast.site_administrator (account_id) values (${accountId}) on conflict do nothing`,
      )
      principals.forget(accountId)
    },
    async hasSiteAdministrator() {
      const { rows } = await pool.query<{ found: boolean }>(
        'select exists (select from holdfast.site_administrator) as found',
      )
      return rows[0]?.found ?? false
    },
  }
}

function hasAllowedLength(password: string): boolean {
  return password.length >= passwordLength.min && password.length <= passwordLength.max
}

/** better-auth may wrap the database error. */
function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && error.code === uniqueViolation) return true
  return isUniqueViolation(error.cause)
}
