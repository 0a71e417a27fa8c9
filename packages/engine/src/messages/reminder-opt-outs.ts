import type pg from 'pg'
import sql from 'sql-template-tag'

/** `recipients`: digests of a patient's e-mail address and telephone number, under each secret of the server. */
type Recipients = { clinicNo: number; recipients: readonly string[] }

/** Whether the patient has chosen to get no reminders of the clinic. */
export async function hasNoReminders(pool: pg.Pool, { clinicNo, recipients }: Recipients): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>(sql`
    select exists (
      select from holdfast.reminder_opt_out
       where clinic_no = ${clinicNo} and recipient = any (${recipients}::uuid[])) as found`)
  return rows[0]?.found ?? false
}

/** Idempotent. */
export async function chooseReminders(
  pool: pg.Pool,
  { clinicNo, recipients, wanted }: Recipients & { wanted: boolean },
): Promise<void> {
  await pool.query(
    wanted
      ? sql`delete from holdfast.reminder_opt_out
             where clinic_no = ${clinicNo} and recipient = any (${recipients}::uuid[])`
      : sql`insert into holdfast.reminder_opt_out (clinic_no, recipient)
            select ${clinicNo}, recipient from unnest(${recipients}::uuid[]) as recipient
                on conflict do nothing`,
  )
}
