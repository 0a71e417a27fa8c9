import type pg from 'pg'
import sql from 'sql-template-tag'
import type { ReminderOptOut } from '../model/message.ts'

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

const optOutsMax = 100

/** The clinics of which these recipients get no reminders, the newest choice first; at most 100. */
export async function reminderOptOuts(pool: pg.Pool, recipients: readonly string[]): Promise<ReminderOptOut[]> {
  const { rows } = await pool.query<ReminderOptOut>(sql`
    select c.id as "clinicId", c.name as "clinicName", max(o.since) as since
      from holdfast.reminder_opt_out o
      join holdfast.clinic c on c.no = o.clinic_no
     where o.recipient = any (${recipients}::uuid[])
     group by c.no
     order by max(o.since) desc, c.no
     limit ${optOutsMax}`)
  return rows
}
