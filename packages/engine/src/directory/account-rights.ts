import sql, { type Sql } from 'sql-template-tag'

/** An account belongs to fewer clinics than this; the list has no pages. */
const membershipsMax = 1_000

/** To be completed by a condition on `m`. Its columns have the names of the fields of `Membership`. */
export const selectedMemberships = sql`
  select m.clinic_no as "clinicNo", c.id as "clinicId", m.account_id as "accountId", m.role, m.doctor_id as "doctorId"
    from holdfast.membership m join holdfast.clinic c on c.no = m.clinic_no`

/** @param accountId a value, or an expression such as a column */
export function membershipsOfAccount(accountId: string | Sql): Sql {
  return sql`${selectedMemberships} where m.account_id = ${accountId} order by m.clinic_no limit ${membershipsMax}`
}

/**
 * What an account may do, as the columns `site_administrator` (boolean), `memberships` (a JSON array of
 * `HeldMembership`), and for site administrators `second_factor_clinic_nos` (a JSON array of the clinics whose roles
 * need a second factor; for others it is empty). For statements that read an account together with its rights.
 *
 * @param accountId an expression, such as a column
 */
export function accountRights(accountId: Sql): Sql {
  return sql`
    exists (${siteAdministrator(accountId)}) as site_administrator,
    (select coalesce(json_agg(held), '[]')
       from (select m.*, c.roles_need_second_factor as "needsSecondFactor"
               from (${membershipsOfAccount(accountId)}) m join holdfast.clinic c on c.no = m."clinicNo") held)
      as memberships,
    (select coalesce(json_agg(c.no), '[]') from holdfast.clinic c
      where c.roles_need_second_factor and exists (${siteAdministrator(accountId)})) as second_factor_clinic_nos`
}

function siteAdministrator(accountId: Sql): Sql {
  return sql`select from holdfast.site_administrator a where a.account_id = ${accountId}`
}
