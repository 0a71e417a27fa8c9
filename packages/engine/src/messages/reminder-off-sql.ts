import sql from 'sql-template-tag'
import { defaultMessageSettings } from './message-settings.ts'

/** Whether message `m` is a reminder that its clinic does not send any more. One that its people send again is sent. */
export const isReminderOff = sql`(m.kind = 'reminder' and m.sent_again_at is null and m.minutes_before <> all (
  coalesce((select s.reminder_minutes from holdfast.message_settings s where s.clinic_no = m.clinic_no),
           ${defaultMessageSettings.reminderMinutes}::integer[])))`
