import type { AccountSection } from '@holdfast/vocabulary'
import sql, { type Sql } from 'sql-template-tag'

type AccountSource = {
  /** Of the schema `holdfast`. */
  tables: readonly string[]
  rows: (accountId: string) => Sql
}

const eventsMax = 1_000

/** What the schema `holdfast` has of an account. The rest of it is in the schema `auth`, which the server reads. */
export const accountSources = {
  people: {
    tables: ['account_person'],
    rows: (accountId) => sql`
      select p.name, p.birth_date::text as "birthDate", p.relation, p.created_at as "createdAt"
        from holdfast.account_person p where p.account_id = ${accountId}
       order by p.created_at, p.id`,
  },
  roles: {
    tables: ['membership', 'site_administrator', 'invitation', 'account_clinic'],
    rows: (accountId) => sql`
      select c.name as clinic, m.role, m.created_at as since
        from holdfast.membership m join holdfast.clinic c on c.no = m.clinic_no
       where m.account_id = ${accountId}
       union all
      select null, 'site administrator', s.created_at from holdfast.site_administrator s
       where s.account_id = ${accountId}`,
  },
  messageChoices: {
    tables: ['message_choice', 'verified_account'],
    rows: (accountId) => sql`
      select c.reminder_emails as "reminderEmails", c.sms_kinds_off as "smsKindsOff", c.language,
             c.changed_at as "updatedAt"
        from holdfast.message_choice c where c.account_id = ${accountId}`,
  },
  calendarFeeds: {
    tables: ['calendar_feed'],
    rows: (accountId) => sql`
      select f.kind, f.language, f.created_at as "createdAt" from holdfast.calendar_feed f
       where f.created_by = ${accountId}`,
  },
  securityLog: {
    tables: ['audit_event'],
    rows: (accountId) => sql`
      select e.at, e.kind, e.count, e.details, e.network::text as network from (
        (select a.at, a.seq, a.kind, a.count, a.details, a.network from holdfast.audit_event a
          where a.actor_id = ${accountId} order by a.at desc limit ${eventsMax})
         union
        (select a.at, a.seq, a.kind, a.count, a.details, null from holdfast.audit_event a
          where a.subject_id = ${accountId} and a.actor_id is distinct from ${accountId}
          order by a.at desc limit ${eventsMax})) e
       order by e.at desc, e.seq desc limit ${eventsMax}`,
  },
} satisfies Partial<Record<AccountSection, AccountSource>>
