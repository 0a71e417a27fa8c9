import sql, { type Sql } from 'sql-template-tag'

/** An account belongs to fewer clinics than this; the list has no pages. */
const membershipsMax = 1_000

/** A query to be completed by a condition on `m`. Its columns have the names of the fields of `Membership`. */
export const selectedMemberships = sql`
  select m.clinic_no as "clinicNo", c.id as "clinicId", m.account_id as "accountId", m.role, m.doctor_id as "doctorId"
    from holdfast.membership m join holdfast.clinic c on c.no = m.clinic_no`

export function membershipsOfAccount(accountId: string): Sql {
  return sql`${selectedMemberships} where m.account_id = ${accountId} order by m.clinic_no limit ${membershipsMax}`
}

/**
 * What an account may do: for statements that read an account together with its rights. `tables` are for the list after
 * `with`. `columns` are `site_administrator` (boolean), `memberships` (a JSON array of `HeldMembership`), and for site
 * administrators `second_factor_clinic_nos` (a JSON array of the clinics whose roles need a second factor; for others
 * it is empty).
 *
 * @param accountId an expression of one value, such as a subquery on another table of the list
 */
export function accountRights(accountId: Sql): { tables: Sql; columns: Sql } {
  return {
    tables: sql`
      held as materialized (
        select m.clinic_no as "clinicNo", c.id as "clinicId", m.account_id as "accountId", m.role,
               m.doctor_id as "doctorId", c.roles_need_second_factor as "needsSecondFactor"
          from holdfast.membership m join holdfast.clinic c on c.no = m.clinic_no
         where m.account_id = ${accountId} order by m.clinic_no limit ${membershipsMax}),
      administrator as materialized (
        select exists (select from holdfast.site_administrator a where a.account_id = ${accountId}) as is_one),
      needing as materialized (
        select c.no from holdfast.clinic c
         where c.roles_need_second_factor and (select is_one from administrator))`,
    columns: sql`
      (select is_one from administrator) as site_administrator,
      (select coalesce(json_agg(held order by held."clinicNo"), '[]') from held) as memberships,
      (select coalesce(json_agg(needing.no), '[]') from needing) as second_factor_clinic_nos`,
  }
}
