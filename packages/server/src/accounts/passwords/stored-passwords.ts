import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'

/** The hash of an account's password; null: it has none. */
export async function passwordHash(pool: Pool, accountId: string): Promise<string | null> {
  const { rows } = await pool.query<{ hash: string | null }>(sql`
    select password as hash from account where "userId" = ${accountId} and "providerId" = 'credential'`)
  return rows[0]?.hash ?? null
}

/** Replaces the hash of an account's password, or stores its first. */
export async function storePassword(transaction: PoolClient, accountId: string, hash: string): Promise<void> {
  const { rowCount } = await transaction.query(sql`
    update account set password = ${hash}, "updatedAt" = now()
     where "userId" = ${accountId} and "providerId" = 'credential'`)
  if (rowCount !== 0) return
  await transaction.query(sql`
    insert into account ("userId", "providerId", "accountId", password, "createdAt", "updatedAt")
    values (${accountId}, 'credential', ${accountId}, ${hash}, now(), now())`)
}

/** Replaces the hash if it is still `before`. false: it was changed meanwhile. */
export async function replacePassword(
  transaction: PoolClient,
  accountId: string,
  { before, hash }: { before: string; hash: string },
): Promise<boolean> {
  const { rowCount } = await transaction.query(sql`
    update account set password = ${hash}, "updatedAt" = now()
     where "userId" = ${accountId} and "providerId" = 'credential' and password = ${before}`)
  return rowCount === 1
}
