import { createHash } from 'node:crypto'
import { normalizedEmail } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'

/** The e-mail address that the account has proven to be its own; null: none. */
export async function confirmedEmail(pool: pg.Pool, accountId: string): Promise<string | null> {
  const { rows } = await pool.query<{ email: string }>(
    sql`select email from auth."user" where id = ${accountId} and "emailVerified"`,
  )
  return rows[0]?.email ?? null
}

/** The account that has proven this e-mail address, ignoring case; null: none has. */
export async function accountOfConfirmedEmail(pool: pg.Pool, email: string): Promise<string | null> {
  const { rows } = await pool.query<{ id: string }>(
    sql`select id::text from auth."user" where email = ${normalizedEmail(email)} and "emailVerified"`,
  )
  return rows[0]?.id ?? null
}

/** Which of the accounts were created in the last hours and have not proven their e-mail address. */
export async function newUnconfirmedAccounts(pool: pg.Pool, ids: readonly string[], hours: number): Promise<string[]> {
  if (ids.length === 0) return []
  const { rows } = await pool.query<{ id: string }>(sql`
    select id::text from auth."user"
     where id = any(${ids}::uuid[]) and not "emailVerified" and "createdAt" > now() - make_interval(hours => ${hours})`)
  return rows.map(({ id }) => id)
}

/**
 * Where a message goes about something of an account that was made with `email`: to the address that the account has
 * confirmed, if it had `email` before; otherwise to `email`, which may be somebody else's.
 *
 * docs/decisions/0027-who-decides-what-a-patient-gets.md
 */
export async function currentEmail(pool: pg.Pool, accountId: string, email: string): Promise<string> {
  const wanted = normalizedEmail(email)
  const { rows } = await pool.query<{ email: string }>(sql`
    select u.email from auth."user" u
     where u.id = ${accountId} and u."emailVerified" and u.email <> ${wanted}
       and exists (select from auth."formerEmail" f where f."userId" = u.id and f.digest = ${digestOf(wanted)})`)
  return rows[0]?.email ?? email
}

/** The digest that `auth.change_address` stores. */
function digestOf(email: string): string {
  return createHash('sha256').update(email).digest('hex')
}
