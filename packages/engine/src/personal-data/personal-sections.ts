import type { PersonalSection } from '@holdfast/vocabulary'
import sql, { type Sql } from 'sql-template-tag'
import { guardiansIn } from '../database/guardians-sql.ts'
import type { FoundGuardian } from '../erasure/guardians.ts'
import type { BookingIds } from '../reads/booking-ids.ts'
import { viewsOf } from './views-of.ts'

/** What was found of a person in a clinic. The ids of bookings are also those of cases. */
export type FoundOfPerson = {
  clinicNo: number
  patientIds: readonly string[]
  bookingIds: readonly string[]
  entryIds: readonly string[]
  /** What records of others say of the person, who acts for their patients. */
  guardians: readonly FoundGuardian[]
  /** Some of it may have been found by a contact that others have, too: its rows say whether they are linked. */
  isByContact: boolean
}

/**
 * A section is read from these tables of the schema `holdfast`. `ofMonths`: in parts, because its first table has
 * partitions.
 */
type SectionSource = {
  tables: readonly string[]
  ofMonths?: true
  rows: (found: FoundOfPerson, months: BookingIds) => Sql
}

const isOf = (column: Sql, ids: readonly string[], { from, until }: BookingIds) =>
  sql`${column} = any (${ids}::uuid[]) and ${column} >= ${from} and ${column} < ${until}`

const isMarked = ({ patientIds, isByContact }: FoundOfPerson) =>
  sql`${isByContact}::boolean and cardinality(${patientIds}::uuid[]) > 0`

/** Whether a booking is linked to a record of the person; null: all are, or there is no record. */
const isLinked = (found: FoundOfPerson, bookingId: Sql) => sql`
  case when ${isMarked(found)}
       then exists (select from holdfast.booking_patient l
                     where l.clinic_no = ${found.clinicNo} and l.booking_id = ${bookingId}
                       and l.patient_id = any (${found.patientIds}::uuid[]))
            or exists (select from holdfast.theatre_case k
                        where k.clinic_no = ${found.clinicNo} and k.booking_id = ${bookingId}
                          and k.patient_id = any (${found.patientIds}::uuid[])) end`

/** The same of an entry: whether a booking is that was offered to it. */
const isEntryLinked = (found: FoundOfPerson, entryId: Sql) => sql`
  case when ${isMarked(found)}
       then exists (select from holdfast.waitlist_offer k
                      join holdfast.booking_patient l on l.clinic_no = k.clinic_no and l.booking_id = k.booking_id
                     where k.clinic_no = ${found.clinicNo} and k.entry_id = ${entryId}
                       and l.patient_id = any (${found.patientIds}::uuid[])) end`

/** What was asked and answered, as it was then. */
const answers = sql`
  (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'question', a->'label', 'answer', coalesce(a #> '{choice,label}', a->'value'),
            'agreedAt', a->'agreedAt', 'withdrawnAt', a->'withdrawnAt')))
     from jsonb_array_elements(b.patient->'answers') a)`

/** Who did it, without naming anybody of the staff. */
const actor = sql`case when e.actor_id is null then null when e.actor_id = b.account_id then 'patient'
                       else 'clinic' end`

/**
 * Where the document's rows come from. Columns are named as the document's fields. Ids, keys, digests and tokens of our
 * own say nothing about a person, and are left out but for those of bookings, by which people ask.
 */
export const sectionSources: Record<PersonalSection, SectionSource> = {
  records: {
    tables: ['patient', 'patient_identifier', 'booking_patient'],
    rows: ({ clinicNo, patientIds }) => sql`
      select p.mrn as "recordNumber", p.name, p.birth_date::text as "birthDate", p.sex, p.phone, p.email, p.address,
             p.language, p.flags, p.notes, p.identifiers, ${guardiansIn(sql`p.guardians`)} as guardians,
             p.created_at as "createdAt", p.updated_at as "updatedAt",
             p.last_visit_at as "lastVisitAt", p.merged_into is not null as "isMerged", p.merge->>'at' as "mergedAt",
             jsonb_set(p.merge->'before', '{guardians}', ${guardiansIn(sql`p.merge #> '{before,guardians}'`)}, false)
               as "beforeMerge",
             array(select l.booking_id from holdfast.booking_patient l
                    where l.clinic_no = p.clinic_no and l.patient_id = p.id order by l.booking_id) as "bookings"
        from holdfast.patient p
       where p.clinic_no = ${clinicNo} and p.id = any (${patientIds}::uuid[])
       order by p.id`,
  },
  guardians: {
    tables: ['patient'],
    // Nothing of the patient: that is another person's data. Guardians of the document's own records are in `records`.
    rows: (found) => sql`
      select case when ${isMarked(found)} then false end as "isLinked", g.guardian->>'name' as name,
             g.guardian->>'relation' as relation, g.guardian->>'phone' as phone, g.guardian->>'email' as email,
             (g.guardian->'getsMessages')::boolean as "getsMessages"
        from (select distinct coalesce(p.merged_into, p.id) as id, f.guardian - 'id' as guardian
                from jsonb_to_recordset(${JSON.stringify(found.guardians)}::jsonb) f("patientId" uuid, guardian jsonb)
                join holdfast.patient p on p.clinic_no = ${found.clinicNo} and p.id = f."patientId"
               where p.id <> all (${found.patientIds}::uuid[])) g
       order by g.id, g.guardian`,
  },
  appointments: {
    tables: ['booking', 'booking_patient', 'theatre_case', 'slot', 'resource', 'visit_type'],
    ofMonths: true,
    rows: (found, months) => sql`
      select b.id as booking, ${isLinked(found, sql`b.id`)} as "isLinked", s.starts_at as "startsAt",
             s.ends_at as "endsAt", r.name as doctor,
             v.name as "visitType", b.appointment_type as "appointmentType", b.units, b.status,
             b.failure_reason as "failureReason", b.patient->>'name' as name, b.patient->>'email' as email,
             b.patient->>'phone' as phone, b.patient->>'language' as language, b.reason,
             ${answers} as answers,
             b.cancellation_reason as "cancellationReason", b.account_id is not null as "hasAccount",
             b.attendance_confirmed_at as "attendanceConfirmedAt", b.requested_at as "requestedAt",
             b.created_at as "createdAt",
             b.updated_at as "updatedAt"
        from holdfast.booking b
        join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
        join holdfast.resource r on r.clinic_no = b.clinic_no and r.id = b.resource_id
        left join holdfast.visit_type v on v.clinic_no = s.clinic_no and v.id = s.visit_type_id
       where b.clinic_no = ${found.clinicNo} and ${isOf(sql`b.id`, found.bookingIds, months)}
         and b.appointment_type <> 'case'
       order by b.id`,
  },
  cases: {
    tables: ['theatre_case', 'case_milestone', 'allocation'],
    ofMonths: true,
    rows: ({ clinicNo, bookingIds }, months) => sql`
      select b.id as booking, b.status, t.starts_at as "startsAt", t.ends_at as "endsAt", r.name as room,
             s.name as surgeon, t.service, t.procedure_code as "procedureCode", t.procedure_display as procedure,
             t.urgency, t.override->>'reason' as "overrideReason",
             (select jsonb_object_agg(m.milestone, m.at) from holdfast.case_milestone m
               where m.clinic_no = t.clinic_no and m.booking_id = t.booking_id) as milestones,
             b.created_at as "createdAt"
        from holdfast.booking b
        join holdfast.theatre_case t on t.clinic_no = b.clinic_no and t.booking_id = b.id
        join holdfast.resource r on r.clinic_no = t.clinic_no and r.id = t.room_id
        join holdfast.resource s on s.clinic_no = t.clinic_no and s.id = t.surgeon_id
       where b.clinic_no = ${clinicNo} and ${isOf(sql`b.id`, bookingIds, months)}
       order by b.id`,
  },
  caseRequests: {
    tables: ['case_request'],
    rows: ({ clinicNo, patientIds }) => sql`
      select q.service, q.procedure_code as "procedureCode", q.procedure_display as procedure, q.minutes, q.urgency,
             q.due_on::text as "dueOn", q.note, q.case_id as booking, q.bump_reason as "bumpReason",
             q.created_at as "createdAt", q.withdrawn_at as "withdrawnAt"
        from holdfast.case_request q
       where q.clinic_no = ${clinicNo} and q.patient_id = any (${patientIds}::uuid[])
       order by q.created_at, q.id`,
  },
  waitlist: {
    tables: ['waitlist_entry', 'waitlist_offer', 'booking_patient'],
    rows: (found) => sql`
      select ${isEntryLinked(found, sql`w.id`)} as "isLinked", r.name as doctor, w.specialization,
             w.from_date::text as "fromDate", w.to_date::text as "toDate",
             (select t.name from holdfast.visit_type t where t.clinic_no = w.clinic_no and t.id = w.visit_type_id)
               as "visitType", w.weekdays, w.time_from::text as "timeFrom", w.time_to::text as "timeTo", w.units,
             w.urgency, w.missed,
             w.patient->>'name' as name, w.patient->>'email' as email, w.patient->>'phone' as phone,
             w.patient->>'language' as language, w.account_id is not null as "hasAccount", w.joined_at as "joinedAt",
             w.ended_at as "endedAt", w.end_reason as "endReason"
        from holdfast.waitlist_entry w
        left join holdfast.resource r on r.clinic_no = w.clinic_no and r.id = w.resource_id
       where w.clinic_no = ${found.clinicNo} and w.id = any (${found.entryIds}::uuid[])
       order by w.joined_at, w.id`,
  },
  offers: {
    tables: ['waitlist_offer', 'booking_patient'],
    rows: (found) => sql`
      select o.booking_id as booking, ${isEntryLinked(found, sql`o.entry_id`)} as "isLinked",
             o.offered_at as "offeredAt", o.ends_at as "endsAt", o.outcome, o.closed_at as "closedAt"
        from holdfast.waitlist_offer o
       where o.clinic_no = ${found.clinicNo} and o.entry_id = any (${found.entryIds}::uuid[])
       order by o.offered_at, o.booking_id`,
  },
  messages: {
    tables: ['message', 'booking_patient', 'theatre_case'],
    rows: (found) => sql`
      select m.booking_id as booking, ${isLinked(found, sql`m.booking_id`)} as "isLinked",
             m.kind, m.channel, m.state, m.masked_address as address,
             m.created_at as "createdAt", m.due_at as "dueAt", m.done_at as "doneAt",
             m.content->>'subject' as subject, m.content->>'text' as text
        from holdfast.message m
       where m.clinic_no = ${found.clinicNo} and m.booking_id = any (${found.bookingIds}::uuid[])
       order by m.created_at, m.id`,
  },
  history: {
    tables: ['booking_event', 'late_event', 'booking_patient', 'theatre_case'],
    ofMonths: true,
    rows: (found, months) => sql`
      select e.booking_id as booking, ${isLinked(found, sql`e.booking_id`)} as "isLinked",
             e.at, e.type, ${actor} as by, e.reason
        from holdfast.booking_event e
        join holdfast.booking b on b.clinic_no = e.clinic_no and b.id = e.booking_id
       where e.clinic_no = ${found.clinicNo} and ${isOf(sql`e.booking_id`, found.bookingIds, months)}
         and ${isOf(sql`b.id`, found.bookingIds, months)}
       order by e.booking_id, e.version`,
  },
  views: {
    tables: ['audit_event'],
    rows: ({ clinicNo, bookingIds, patientIds, entryIds }) => sql`
      select v.at, v.kind, v.count, v.subjects, v.actor_kind as "actorKind", v.role
        from (${viewsOf([...bookingIds, ...patientIds, ...entryIds], sql`e.clinic_no = ${clinicNo}`)}) v
       order by v.at, v.seq`,
  },
}
