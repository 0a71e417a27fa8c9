import { accountRights, type HeldMembership } from '@holdfast/engine'
import type { PoolClient } from 'pg'
import sql, { type Sql } from 'sql-template-tag'

/** What an account may do in clinics. */
export type Rights = {
  memberships: HeldMembership[]
  /** For a site administrator, the clinics whose roles need a second factor. */
  secondFactorClinicNos: number[]
  /** Whether the account may have rights in a clinic that could not be read; null: all were read. */
  isUnread: ((clinicNo: number) => boolean) | null
}

/** What a statement with a table `account`, which has an `account_id`, finds out about the account's rights. */
export type RightsRow = { account_id: string; site_administrator: boolean }

/** Where the roles of accounts are. */
export type RightsSource<Row extends RightsRow = RightsRow> = {
  /** Begins the names of prepared statements. */
  name: string
  /** The tables for the list after `with`. */
  tables: Sql
  /** The columns of `Row`. */
  columns: Sql
  rightsIn(row: Row): Rights | Promise<Rights>
  /** Whether the account belongs to somebody of a clinic, or to a site administrator. */
  hasRole(transaction: PoolClient, accountId: string): Promise<boolean>
}

/** The id in `account`, for the list of a statement. */
export const accountOfStatement = sql`(select account_id from account)`

type Found = RightsRow & { memberships: HeldMembership[]; second_factor_clinic_nos: number[] }

/** All roles are where the accounts are, in the only database. */
export const rightsInDatabase: RightsSource<Found> = {
  name: 'principal',
  ...accountRights(accountOfStatement),
  rightsIn: ({ memberships, second_factor_clinic_nos: secondFactorClinicNos }) => ({
    memberships,
    secondFactorClinicNos,
    isUnread: null,
  }),
  async hasRole(transaction, accountId) {
    const { rows } = await transaction.query<{ hasRole: boolean }>(sql`
      select exists (select 1 from holdfast.membership m where m.account_id = ${accountId})
             or exists (select 1 from holdfast.site_administrator s where s.account_id = ${accountId}) as "hasRole"`)
    if (rows[0] === undefined) throw new Error('A query without conditions returned no row.')
    return rows[0].hasRole
  },
}
