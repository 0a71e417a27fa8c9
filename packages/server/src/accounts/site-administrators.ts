import { createPool } from '@holdfast/engine'
import sql from 'sql-template-tag'

/**
 * Makes an account a site administrator. Only the schema's owner may: the application's role cannot, so whoever gets
 * hold of that role's connection cannot either. Idempotent. A running server notices within seconds.
 */
export async function makeSiteAdministrator(ownerUrl: string, accountId: string): Promise<void> {
  const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast site administrator' })
  try {
    await pool.query(
      sql`insert into holdfast.site_administrator (account_id) values (${accountId}) on conflict do nothing`,
    )
  } finally {
    await pool.end()
  }
}
