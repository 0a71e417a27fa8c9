import type { MessageLanguage } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import type { Patient } from '../model/booking.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { VisitType } from '../model/visit-type.ts'
import type { WaitlistEndReason } from '../model/waitlist.ts'

/** An entry of a waitlist, as an e-mail with its link needs it. */
export type EntryFacts = {
  waitlistEntryId: string
  clinicNo: number
  patient: Patient
  accountId: string | null
  /** The member of the clinic who entered it; null: the patient did. */
  joinedBy: string | null
  /** The epoch of its manage token. */
  manageEpoch: number
  /** null: it waits for any doctor with a specialization. */
  doctorName: string | null
  /** What it waits for; null: a place of a fixed slot. */
  visitType: Pick<VisitType, 'name' | 'names'> | null
  clinicName: string
  clinicPhone: string | null
  /** Local days, `YYYY-MM-DD`, both included. */
  from: string
  to: string
  /** null: it waits. */
  endReason: WaitlistEndReason | null
  /** Whether the clinic sends e-mails, and in which language to patients who have chosen none. */
  emails: boolean
  language: MessageLanguage
}

const isOpen = sql`e.ended_at is null and e.to_date >= (statement_timestamp() at time zone c.timezone)::date`
const wasEnded = sql`e.end_reason in ('removed', 'expired')`

/** null: there is no such entry, or it has ended. */
export async function entryFacts(pool: pg.Pool, entryId: string): Promise<EntryFacts | null> {
  return factsIf(pool, entryId, isOpen)
}

/** The same of an entry that the clinic has removed, or whose last day is past; null: it is no such entry. */
export async function endedEntryFacts(pool: pg.Pool | pg.PoolClient, entryId: string): Promise<EntryFacts | null> {
  return factsIf(pool, entryId, wasEnded)
}

async function factsIf(pool: pg.Pool | pg.PoolClient, entryId: string, condition: Sql): Promise<EntryFacts | null> {
  if (!isId(entryId)) return null
  const { rows } = await pool.query<EntryFacts>(sql`
    select e.id as "waitlistEntryId", e.clinic_no as "clinicNo", e.patient, e.account_id as "accountId",
           e.joined_by as "joinedBy", coalesce(t.epoch, 0) as "manageEpoch",
           r.name as "doctorName",
           case when y.id is not null then jsonb_build_object('name', y.name, 'names', y.names) end as "visitType",
           c.name as "clinicName",
           c.phone as "clinicPhone", to_char(e.from_date, 'YYYY-MM-DD') as "from",
           to_char(e.to_date, 'YYYY-MM-DD') as "to", e.end_reason as "endReason",
           coalesce(m.emails, true) as emails, coalesce(m.language, 'en') as language
      from holdfast.waitlist_entry e
      join holdfast.clinic c on c.no = e.clinic_no
      left join holdfast.resource r on r.clinic_no = e.clinic_no and r.id = e.resource_id
      left join holdfast.visit_type y on y.clinic_no = e.clinic_no and y.id = e.visit_type_id
      left join holdfast.manage_token t on t.clinic_no = e.clinic_no and t.booking_id = e.id
      left join holdfast.message_settings m on m.clinic_no = e.clinic_no
     where e.clinic_no = ${clinicNoOf(entryId)} and e.id = ${entryId} and e.erased_at is null
       and ${condition}`)
  return rows[0] ?? null
}
