-- booked_since_withdrawal: of bookings that ended with their slots (`slot_withdrawn`), the appointment that the same
-- person has got since instead, of the same doctor or of one with the same specialization (later_visits, whose limits
-- apply): nobody has to call them any more, also after it. No row: none.
--
-- An appointment is for one lost booking only: for one of its own doctor rather than for another, then for the one that
-- was withdrawn last (fewer appointments are later), then for the earlier one, which has the earlier appointment. So
-- all bookings are compared that were lost under these names (lost_visits), and every page of a list says the same:
-- who lost one with a telephone number and one with an e-mail address may have got one appointment with both.
--
-- The bookings are parallel arrays of their ids, slots, doctors, patients and accounts, so that the months in which
-- they were created are not read (docs/decisions/0011). p_only: of this doctor only; null: of any.
--
-- One that was booked before and moved since does not count: the person had it already. Slots that were withdrawn more
-- than 30 days ago are left out.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booked_since_withdrawal(
  p_clinic_no integer, p_ids uuid[], p_slot_ids uuid[], p_resource_ids uuid[], p_patients jsonb[], p_account_ids uuid[],
  p_only uuid, p_at timestamptz
) returns table (withdrawn_id uuid, booking_id uuid, starts_at timestamptz)
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_matched uuid[] := '{}';
  v_used uuid[] := '{}';
  v_pair record;
begin
  for v_pair in
    with lost as materialized (
      select q.id, q.resource_id, q.patient, q.account_id, s.withdrawn_at, s.starts_at, r.specialization
        from (select l.id, l.slot_id, l.resource_id, l.patient, l.account_id
                from unnest(p_ids, p_slot_ids, p_resource_ids, p_patients, p_account_ids)
                       l(id, slot_id, resource_id, patient, account_id)
              union all
              select o.id, o.slot_id, o.resource_id, o.patient, o.account_id
                from lost_visits(
                       p_clinic_no, array(select fold_name(l.patient->>'name') from unnest(p_patients) l(patient)),
                       p_at - interval '30 days') o
               where o.id <> all (p_ids)) q
       cross join lateral (select t.withdrawn_at, t.starts_at from slot t
                            where t.clinic_no = p_clinic_no and t.id = q.slot_id limit 1) s
       cross join lateral (select t.specialization from resource t
                            where t.clinic_no = p_clinic_no and t.id = q.resource_id limit 1) r
       where s.withdrawn_at > p_at - interval '30 days'
    ), people as (
      select array_agg(l.id) as ids, array_agg(l.withdrawn_at) as since, array_agg(l.resource_id) as doctor_ids,
             array_agg(l.specialization) as specializations, array_agg(l.patient) as patients,
             array_agg(l.account_id) as account_ids
        from lost l
    )
    select l.id, v.visit_id, v.starts_at
      from people p
     cross join lateral later_visits(p_clinic_no, p.ids, p.since, p.doctor_ids, p.specializations, p.patients,
                                     p.account_ids, p_only) v
      join lost l on l.id = v.id
     order by v.resource_id <> l.resource_id, l.withdrawn_at desc, l.starts_at, l.id, v.starts_at, v.visit_id
  loop
    continue when v_pair.id = any (v_matched) or v_pair.visit_id = any (v_used);
    v_matched := v_matched || v_pair.id;
    v_used := v_used || v_pair.visit_id;
    if v_pair.id = any (p_ids) then
      withdrawn_id := v_pair.id; booking_id := v_pair.visit_id; starts_at := v_pair.starts_at;
      return next;
    end if;
  end loop;
end
$function$;
