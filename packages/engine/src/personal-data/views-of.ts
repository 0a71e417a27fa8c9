import sql, { type Sql } from 'sql-template-tag'

/**
 * What the security log has about somebody, each event once: who has read or changed it, in which role they are today,
 * and which of the ids it was about. The document of a person and the account's own list both read it.
 *
 * @param ids of the person: bookings, entries of the waitlist, records, the account
 * @param condition on the event `e`
 */
export function viewsOf(ids: readonly string[], condition: Sql): Sql {
  const ofPerson = sql`${ids}::uuid[]`
  // The two arms are read by one index each.
  return sql`
    select e.clinic_no, e.at, e.seq, e.kind, e.count, e.details, e.actor_kind, m.role,
           array(select distinct s.id from unnest(e.subject_id || e.subjects) s(id)
                  where s.id = any (${ofPerson}) order by s.id) as subjects
      from (select * from holdfast.audit_event a where a.subject_id = any (${ofPerson})
             union all
            select * from holdfast.audit_event a
             where a.subjects <> '{}' and a.subjects && ${ofPerson}
               and (a.subject_id = any (${ofPerson})) is not true) e
      left join holdfast.membership m on m.clinic_no = e.clinic_no and m.account_id = e.actor_id
     where ${condition}`
}
