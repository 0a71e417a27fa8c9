import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { lockClinic } from '../database/lock-clinic.ts'
import { inTransaction } from '../database/pools.ts'
import { prepared } from '../database/prepared.ts'
import type { HeldMembership } from '../model/membership.ts'

/** An account belongs to fewer clinics than this; the list has no pages. */
const clinicsMax = 1_000

/**
 * In the directory of several databases, for statements that read an account with the clinics in which it may have a
 * role: `tables` are for the list after `with`, `columns` are `site_administrator` (boolean) and `clinic_nos` (a JSON
 * array).
 *
 * @param accountId an expression of one value, such as a subquery on another table of the list
 */
export function accountClinics(accountId: Sql): { tables: Sql; columns: Sql } {
  return {
    tables: sql`
      known as materialized (
        select a.clinic_no from holdfast.account_clinic a
         where a.account_id = ${accountId} order by a.clinic_no limit ${clinicsMax}),
      administrator as materialized (
        select exists (select from holdfast.site_administrator a where a.account_id = ${accountId}) as is_one)`,
    columns: sql`
      (select is_one from administrator) as site_administrator,
      (select coalesce(json_agg(known.clinic_no), '[]') from known) as clinic_nos`,
  }
}

/** The roles of an account in some clinics of a shard. */
export async function rolesInShard(
  shard: pg.Pool,
  accountId: string,
  clinicNos: readonly number[],
): Promise<HeldMembership[]> {
  const { rows } = await shard.query<HeldMembership>(
    prepared(
      'roles_in_shard',
      sql`
        select m.clinic_no as "clinicNo", c.id as "clinicId", m.account_id as "accountId", m.role,
               m.doctor_id as "doctorId", c.roles_need_second_factor as "needsSecondFactor"
          from holdfast.membership m join holdfast.clinic c on c.no = m.clinic_no
         where m.clinic_no = any (${clinicNos}::integer[]) and m.account_id = ${accountId}`,
    ),
  )
  return rows
}

/** The clinics of a shard whose roles need a second factor. */
export async function secondFactorClinics(shard: pg.Pool): Promise<number[]> {
  const { rows } = await shard.query<{ no: number }>(
    prepared('second_factor_clinics', sql`select c.no from holdfast.clinic c where c.roles_need_second_factor`),
  )
  return rows.map(({ no }) => no)
}

/**
 * Notes in the directory that an account may have a role in a clinic. To be called under the clinic's lock, before
 * the role is given: a role that is not noted is not found. Idempotent.
 */
export async function addAccountClinic(directory: pg.Pool, accountId: string, clinicNo: number): Promise<void> {
  await directory.query(sql`
    insert into holdfast.account_clinic (account_id, clinic_no) values (${accountId}, ${clinicNo})
    on conflict (account_id, clinic_no) do update set mark = default`)
}

/**
 * Deletes what {@link addAccountClinic} has noted, if the account has no role in the clinic any more, or never got it.
 *
 * Locks: the clinic, so that a role that is being given meanwhile is seen. The lock may have ended when the directory
 * executes the deletion, after a timeout here or the loss of the session. So the deletion names the mark that was read
 * before the lock: a role that is given later has another one. Idempotent.
 *
 * @param shard the shard of the clinic
 */
export async function pruneAccountClinic(
  directory: Pick<pg.Pool, 'query'>,
  shard: pg.Pool,
  { accountId, clinicNo }: { accountId: string; clinicNo: number },
): Promise<void> {
  const { rows } = await directory.query<{ mark: string }>(sql`
    select mark from holdfast.account_clinic where account_id = ${accountId} and clinic_no = ${clinicNo}`)
  const [noted] = rows
  if (noted === undefined) return
  await inTransaction(shard, async (transaction) => {
    await lockClinic(transaction, clinicNo)
    // Where its old rows are being deleted, that of the member may be gone before that of the clinic.
    const { rows: places } = await transaction.query<{ isHere: boolean }>(sql`
      select holdfast.is_clinic_here(${clinicNo}) as "isHere"`)
    if (places[0]?.isHere !== true) return
    // A write, and no read: in a database that the clinic has left, it fails.
    const { rowCount } = await transaction.query(sql`
      update holdfast.membership set role = role where clinic_no = ${clinicNo} and account_id = ${accountId}`)
    if (rowCount !== 0) return
    await directory.query(sql`
      delete from holdfast.account_clinic
       where account_id = ${accountId} and clinic_no = ${clinicNo} and mark = ${noted.mark}`)
  })
}
