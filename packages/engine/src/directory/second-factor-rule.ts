import type pg from 'pg'
import sql from 'sql-template-tag'
import { inAnnouncedTransaction, transactionId } from '../database/announced-transaction.ts'
import { type Announce, noSlots } from '../model/committed.ts'
import type { Directory } from '../model/directory.ts'

/** Whether the roles in a clinic need a second factor. */
export function secondFactorRuleOf(
  pool: pg.Pool,
  announce: Announce,
): Pick<Directory, 'rolesNeedSecondFactor' | 'setRolesNeedSecondFactor'> {
  return {
    async rolesNeedSecondFactor(clinicNo) {
      const { rows } = await pool.query<{ needed: boolean }>(
        sql`select roles_need_second_factor as needed from holdfast.clinic where no = ${clinicNo}`,
      )
      return rows[0]?.needed ?? false
    },

    // The rights of everybody with a role here change, so all of them are announced.
    setRolesNeedSecondFactor: (clinicNo, isNeeded) =>
      inAnnouncedTransaction(
        pool,
        announce,
        async (transaction) => {
          await transaction.query(sql`
            update holdfast.clinic set roles_need_second_factor = ${isNeeded}, updated_at = now()
             where no = ${clinicNo}`)
        },
        async (transaction) => ({
          kind: 'directory',
          position: await transactionId(transaction),
          clinicNos: new Set([clinicNo]),
          doctorIds: new Set(),
          accountIds: await accountsWithRoles(transaction, clinicNo),
          ...noSlots,
        }),
      ),
  }
}

async function accountsWithRoles(transaction: pg.PoolClient, clinicNo: number): Promise<Set<string>> {
  const { rows } = await transaction.query<{ account_id: string }>(sql`
    select account_id from holdfast.membership where clinic_no = ${clinicNo}
     union
    select account_id from holdfast.site_administrator`)
  return new Set(rows.map((row) => row.account_id))
}
