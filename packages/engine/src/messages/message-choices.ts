import type pg from 'pg'
import sql from 'sql-template-tag'
import type { MessageChoices } from '../model/message.ts'

/** The choices of an account that has chosen nothing. */
export const defaultMessageChoices: MessageChoices = { reminderEmails: true, smsKindsOff: [], language: null }

/** What an account has chosen. */
export async function messageChoices(pool: pg.Pool, accountId: string): Promise<MessageChoices> {
  const { rows } = await pool.query<MessageChoices>(sql`
    select reminder_emails as "reminderEmails", sms_kinds_off as "smsKindsOff", language
      from holdfast.message_choice where account_id = ${accountId}`)
  return rows[0] ?? defaultMessageChoices
}

/** Idempotent. If two calls run at the same time, the last one is stored. */
export async function setMessageChoices(
  pool: pg.Pool,
  accountId: string,
  { reminderEmails, smsKindsOff, language }: MessageChoices,
): Promise<void> {
  await pool.query(sql`
    insert into holdfast.message_choice (account_id, reminder_emails, sms_kinds_off, language)
    values (${accountId}, ${reminderEmails}, ${smsKindsOff}, ${language})
        on conflict (account_id) do update
       set reminder_emails = excluded.reminder_emails, sms_kinds_off = excluded.sms_kinds_off,
           language = excluded.language, changed_at = now()`)
}
