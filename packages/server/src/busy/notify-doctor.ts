import type { FailingBusyCalendar, MessageLanguage } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { AccountMails } from '../messages/account-mails.ts'
import { whenText } from '../messages/visit-context.ts'
import type { Logger } from '../observe/logger.ts'
import type { BusyCalendarReader } from './read-due-calendars.ts'

type NotifyDeps = {
  pool: pg.Pool
  mails: Pick<AccountMails, 'busyCalendarFailing'>
  /** The address of the site. */
  site: string
  log: Logger
}

type Member = {
  email: string
  isDoctor: boolean
  clinicId: string
  clinicName: string
  timezone: string
  language: MessageLanguage
}

/** Notifies the doctor whose calendar cannot be read, or the administrators if no account is the doctor's. */
export function notifyDoctor({ pool, mails, site, log }: NotifyDeps): BusyCalendarReader['onFailing'] {
  return async (failing) => {
    try {
      const members = await membersOf(pool, failing)
      const doctors = members.filter(({ isDoctor }) => isDoctor)
      for (const member of doctors.length > 0 ? doctors : members) {
        const { email: address, language, clinicName, clinicId, timezone, isDoctor } = member
        const since = whenText(failing.failingSince, timezone, language)
        const url = isDoctor ? `${site}/my-day/times?clinicId=${clinicId}` : `${site}/clinic/${clinicId}/times`
        mails.busyCalendarFailing?.({ address, language }, { clinicName, since, reason: failing.reason, url })
      }
    } catch (error) {
      log.warn({ err: error, doctorId: failing.doctorId }, 'nobody could be notified of a calendar that fails')
    }
  }
}

async function membersOf(pool: pg.Pool, { clinicNo, doctorId }: FailingBusyCalendar): Promise<Member[]> {
  const { rows } = await pool.query<Member>(sql`
    select u.email, m.doctor_id is not null as "isDoctor", c.id as "clinicId", c.name as "clinicName", c.timezone,
           coalesce(s.language, 'en') as language
      from holdfast.membership m
      join auth."user" u on u.id = m.account_id
      join holdfast.clinic c on c.no = m.clinic_no
      left join holdfast.message_settings s on s.clinic_no = m.clinic_no
     where m.clinic_no = ${clinicNo} and (m.doctor_id = ${doctorId} or m.role = 'admin')
     order by m.account_id
     limit 100`)
  return rows
}
