import type { BusyCalendarNotice } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { AccountMail } from '../messages/account-mails/account-mail.ts'
import { type AccountMails, noticeHours } from '../messages/account-mails/account-mails.ts'
import { whenText } from '../messages/rendering/visit-context.ts'
import type { BusyCalendarReader } from './read-due-calendars.ts'

type NotifyDeps = {
  mails: Pick<AccountMails, 'isAvailable' | 'store'>
  /** The address of the site. */
  site: string
  /** The addresses of accounts, by id; `transaction` is for where they are in the same database. */
  emailsOf(transaction: pg.PoolClient, accountIds: readonly string[]): Promise<ReadonlyMap<string, string>>
}

type Member = {
  accountId: string
  isDoctor: boolean
  clinicId: string
  clinicName: string
  timezone: string
  language: MessageLanguage
}

/**
 * Notifies the doctor whose calendar cannot be read or has become empty, or the administrators if no account is the
 * doctor's. Without a mail server, only the page of the calendar shows it.
 */
export function notifyDoctor({ mails, site, emailsOf }: NotifyDeps): BusyCalendarReader['onNotice'] {
  return async (transaction, notice) => {
    if (!mails.isAvailable) return
    const known = await membersOf(transaction, notice)
    const emails = await emailsOf(
      transaction,
      known.map(({ accountId }) => accountId),
    )
    const members = known.flatMap((member) => {
      const email = emails.get(member.accountId)
      return email === undefined ? [] : [{ ...member, email }]
    })
    const doctors = members.filter(({ isDoctor }) => isDoctor)
    for (const member of doctors.length > 0 ? doctors : members) {
      const { email: address, language, clinicName, clinicId, timezone, isDoctor } = member
      const since = whenText(notice.since, timezone, language)
      const url = isDoctor ? `${site}/my-day/times?clinicId=${clinicId}` : `${site}/clinic/${clinicId}/times`
      const context = { clinicName, since, url }
      const to = { address, language, clinicNo: null }
      const mail: AccountMail =
        notice.kind === 'failing'
          ? { kind: 'busy_calendar_failing', to, context: { ...context, reason: notice.reason } }
          : { kind: 'busy_calendar_emptied', to, context }
      await mails.store(transaction, mail, noticeHours)
    }
  }
}

async function membersOf(transaction: pg.PoolClient, { clinicNo, doctorId }: BusyCalendarNotice): Promise<Member[]> {
  const { rows } = await transaction.query<Member>(sql`
    select m.account_id::text as "accountId", m.doctor_id is not null as "isDoctor", c.id as "clinicId",
           c.name as "clinicName", c.timezone,
           coalesce(s.language, 'en') as language
      from holdfast.membership m
      join holdfast.clinic c on c.no = m.clinic_no
      left join holdfast.message_settings s on s.clinic_no = m.clinic_no
     where m.clinic_no = ${clinicNo} and (m.doctor_id = ${doctorId} or m.role = 'admin')
     order by m.account_id
     limit 100`)
  return rows
}
