import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { rightsInDatabase } from './rights-source.ts'

/** Whether a clinic is in a database that this server does not know; null: none is. */
export type Elsewhere = () => ((clinicNo: number) => boolean) | null

/**
 * The rights of a server that was started with one database, where other servers may have added more since: roles in
 * clinics of these are unread. Until there are some, nothing is read besides.
 *
 * @param directory where the accounts are
 */
export function rightsBesideOthers(directory: Pool, elsewhere: Elsewhere): typeof rightsInDatabase {
  async function notedClinics(accountId: string): Promise<number[]> {
    const { rows } = await directory.query<{ no: number }>(
      sql`select clinic_no as no from holdfast.account_clinic where account_id = ${accountId}`,
    )
    return rows.map(({ no }) => no)
  }
  return {
    ...rightsInDatabase,
    rightsIn(row) {
      const isElsewhere = elsewhere()
      if (isElsewhere === null) return rightsInDatabase.rightsIn(row)
      return notedClinics(row.account_id).then((noted) => {
        // The rows of a clinic that has moved may still be here.
        const unread = new Set([...noted, ...row.memberships.map(({ clinicNo }) => clinicNo)].filter(isElsewhere))
        return {
          memberships: row.memberships.filter(({ clinicNo }) => !unread.has(clinicNo)),
          secondFactorClinicNos: row.second_factor_clinic_nos,
          isUnread: unread.size === 0 ? null : (clinicNo: number) => unread.has(clinicNo),
        }
      })
    },
    async hasRole(transaction, accountId) {
      if (await rightsInDatabase.hasRole(transaction, accountId)) return true
      const isElsewhere = elsewhere()
      // A role that cannot be read may be there.
      return isElsewhere !== null && (await notedClinics(accountId)).some(isElsewhere)
    },
  }
}
