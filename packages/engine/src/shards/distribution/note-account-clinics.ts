import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * Notes on the coordinator in which clinics accounts have roles, where that is missing: `holdfast.account_clinic`. Two
 * statements, because Citus has the roles in shards. Idempotent.
 *
 * @param coordinator connected as the owner
 * @param shard whose roles are noted. Default: all of them, read by the coordinator
 * @returns how many were missing
 */
export async function noteAccountClinics(
  coordinator: pg.Client | pg.Pool,
  shard: pg.Client | pg.Pool = coordinator,
): Promise<number> {
  const { rows } = await shard.query<{ account_id: string; clinic_no: number }>(
    sql`select account_id, clinic_no from holdfast.membership`,
  )
  const { rowCount } = await coordinator.query(sql`
    insert into holdfast.account_clinic (account_id, clinic_no)
    select * from unnest(${rows.map((row) => row.account_id)}::uuid[], ${rows.map((row) => row.clinic_no)}::integer[])
    on conflict do nothing`)
  return rowCount ?? 0
}

/**
 * Lets the coordinator draw no number of a clinic that the shard has.
 *
 * @param coordinator connected as the owner
 */
export async function continueClinicNumbers(coordinator: pg.Pool, shard: pg.Pool): Promise<void> {
  const { rows } = await shard.query<{ no: number | null }>(sql`select max(no) as no from holdfast.clinic`)
  const no = rows[0]?.no ?? null
  await coordinator.query(sql`
    select setval('holdfast.clinic_no_seq', ${no}::bigint)
     where ${no}::bigint >= (select last_value + is_called::int from holdfast.clinic_no_seq)`)
}

export type NotedRole = { accountId: string; clinicId: string }

/**
 * The roles in a shard that are not noted on the coordinator: they have no effect there.
 *
 * @param shard of the shard; read first, since a role is noted before it is given
 */
export async function rolesNotNoted(coordinator: pg.Pool, shard: pg.Pool): Promise<NotedRole[]> {
  const { rows: held } = await shard.query<NotedRole & { clinicNo: number }>(sql`
    select m.account_id::text as "accountId", c.id as "clinicId", c.no as "clinicNo"
      from holdfast.membership m join holdfast.clinic c on c.no = m.clinic_no order by c.no, m.account_id`)
  const { rows: noted } = await coordinator.query<{ accountId: string; clinicNo: number }>(sql`
    select account_id::text as "accountId", clinic_no as "clinicNo" from holdfast.account_clinic
     where clinic_no = any (${held.map(({ clinicNo }) => clinicNo)}::integer[])`)
  const known = new Set(noted.map(({ accountId, clinicNo }) => `${clinicNo} ${accountId}`))
  return held
    .filter(({ accountId, clinicNo }) => !known.has(`${clinicNo} ${accountId}`))
    .map(({ accountId, clinicId }) => ({ accountId, clinicId }))
}
