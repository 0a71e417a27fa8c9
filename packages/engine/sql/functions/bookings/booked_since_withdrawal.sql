-- booked_since_withdrawal: of bookings that ended with their slots (`slot_withdrawn`), the first appointment that
-- the same person has got since, of the same doctor or of one with the same specialization (later_visits, whose limits
-- apply): nobody has to call them any more, also after it. No row: none.
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
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  with people as (
    select array_agg(l.id) as ids, array_agg(s.withdrawn_at) as since, array_agg(l.resource_id) as doctor_ids,
           array_agg(r.specialization) as specializations, array_agg(l.patient) as patients,
           array_agg(l.account_id) as account_ids
      from unnest(p_ids, p_slot_ids, p_resource_ids, p_patients, p_account_ids)
             l(id, slot_id, resource_id, patient, account_id)
     cross join lateral (select t.withdrawn_at from slot t
                          where t.clinic_no = p_clinic_no and t.id = l.slot_id limit 1) s
     cross join lateral (select t.specialization from resource t
                          where t.clinic_no = p_clinic_no and t.id = l.resource_id limit 1) r
     where s.withdrawn_at > p_at - interval '30 days'
  )
  select distinct on (v.id) v.id, v.visit_id, v.starts_at
    from people p
   cross join lateral later_visits(p_clinic_no, p.ids, p.since, p.doctor_ids, p.specializations, p.patients,
                                   p.account_ids, p_only) v
   order by v.id, v.starts_at, v.visit_id
$function$;
