import type pg from 'pg'
import sql from 'sql-template-tag'
import { assignments, insertion } from '../database/columns-sql.ts'
import { inTransaction } from '../database/pools.ts'
import type { MessageSettings } from '../model/message.ts'

/** The settings of a clinic that has changed nothing; the same as the defaults of the table. */
export const defaultMessageSettings: MessageSettings = {
  emails: true,
  language: 'en',
  replyTo: null,
  reminderMinutes: [1440, 120],
  quietFrom: '21:00',
  quietUntil: '07:00',
  textBefore: null,
  textAfter: null,
  confirmByLink: false,
  confirmMinutes: 15,
  smsKinds: [],
  phoneCountry: null,
}

/** The settings of `m` as JSON; null: the clinic has no row. */
export const settingsJson = sql`case when m.clinic_no is not null then jsonb_build_object(
  'emails', m.emails, 'language', m.language, 'replyTo', m.reply_to, 'reminderMinutes', m.reminder_minutes,
  'quietFrom', to_char(m.quiet_from, 'HH24:MI'), 'quietUntil', to_char(m.quiet_until, 'HH24:MI'),
  'textBefore', m.text_before, 'textAfter', m.text_after,
  'confirmByLink', m.confirm_by_link, 'confirmMinutes', m.confirm_minutes,
  'smsKinds', m.sms_kinds, 'phoneCountry', m.phone_country) end`

export async function readMessageSettings(
  connection: pg.Pool | pg.PoolClient,
  clinicNo: number,
): Promise<MessageSettings> {
  const { rows } = await connection.query<{ settings: MessageSettings | null }>(sql`
    select ${settingsJson} as settings from holdfast.message_settings m where m.clinic_no = ${clinicNo}`)
  return rows[0]?.settings ?? defaultMessageSettings
}

/** @param check throws to refuse what the settings would become. No other change comes in between. */
export async function changeMessageSettings(
  pool: pg.Pool,
  clinicNo: number,
  change: Partial<MessageSettings>,
  check: (changed: MessageSettings) => void = () => undefined,
): Promise<MessageSettings> {
  const columns = {
    emails: change.emails,
    language: change.language,
    reply_to: change.replyTo,
    reminder_minutes: change.reminderMinutes?.toSorted((one, other) => other - one),
    quiet_from: change.quietFrom,
    quiet_until: change.quietUntil,
    text_before: change.textBefore,
    text_after: change.textAfter,
    confirm_by_link: change.confirmByLink,
    confirm_minutes: change.confirmMinutes,
    sms_kinds: change.smsKinds,
    phone_country: change.phoneCountry,
  }
  return inTransaction(pool, async (transaction) => {
    // A part of what is cached of a clinic is read from its settings of messages. This is also the lock of changes.
    await transaction.query(sql`update holdfast.clinic set updated_at = now() where no = ${clinicNo}`)
    check({ ...(await readMessageSettings(transaction, clinicNo)), ...change })
    await transaction.query(sql`
      insert into holdfast.message_settings ${insertion({ clinic_no: clinicNo, ...columns })}
      on conflict (clinic_no) do update set ${assignments(columns)}`)
    return readMessageSettings(transaction, clinicNo)
  })
}
