import sql from 'sql-template-tag'
import { withPool } from '../database/pools.ts'

/**
 * Stores for how many months the security log is kept. Only the owner may do it: `purgeAuditEvents`, which the
 * application calls, deletes nothing younger.
 */
export function storeAuditMonths(ownerUrl: string, months: number): Promise<void> {
  return withPool({ url: ownerUrl, name: 'holdfast security log' }, async (pool) => {
    const { rowCount } = await pool.query(sql`select from holdfast.audit_retention where months = ${months}`)
    if (rowCount !== 0) return
    await pool.query(sql`
      insert into holdfast.audit_retention (months) values (${months})
      on conflict (is_only) do update set months = excluded.months`)
  })
}
