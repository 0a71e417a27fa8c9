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
    sql`select id::text from auth."user" where email = ${email.trim().toLowerCase()} and "emailVerified"`,
  )
  return rows[0]?.id ?? null
}
