-- booked_since_withdrawal: of bookings that ended with their slots (`slot_withdrawn`), the first appointment that
-- the same person (is_same_person) has got since, of the same doctor or of one with the same specialization: nobody has
-- to call them any more, also after it. No row: none. An appointment is CONFIRMED, ARRIVED or COMPLETED.
--
-- The bookings are parallel arrays of their ids, slots, doctors, patients and accounts, so that the months in which
-- they were created are not read (docs/decisions/0011). p_only: of this doctor only; null: of any.
--
-- One that was booked before and moved since does not count: the person had it already. Slots that were withdrawn more
-- than 30 days ago are left out. It reads newest_visits, whose limit applies.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booked_since_withdrawal(
  p_clinic_no integer, p_ids uuid[], p_slot_ids uuid[], p_resource_ids uuid[], p_patients jsonb[], p_account_ids uuid[],
  p_only uuid, p_at timestamptz
) returns table (withdrawn_id uuid, booking_id uuid, starts_at timestamptz)
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_from constant uuid := (
    select ids_from(min(s.withdrawn_at)) from slot s
     where s.clinic_no = p_clinic_no and s.id = any (p_slot_ids) and s.withdrawn_at > p_at - interval '30 days');
  v_doctors uuid[];
  v_names constant text[] := array(
    select fold_name(l.patient->>'name') from unnest(p_patients) with ordinality l(patient, n) order by l.n);
begin
  if v_from is null then
    return;
  end if;
  v_doctors := array(
    select r.id from resource r
     where r.clinic_no = p_clinic_no and r.kind = 'doctor' and (p_only is null or r.id = p_only)
       and exists (select from resource d
                    where d.clinic_no = p_clinic_no and d.id = any (p_resource_ids)
                      and (d.id = r.id or d.specialization = r.specialization)));
  return query
  with same as materialized (
    select l.id, l.slot_id, l.resource_id, b.id as visit_id, b.slot_id as visit_slot_id,
           b.resource_id as visit_resource_id, b.created_at
      from newest_visits(p_clinic_no, v_from, v_doctors) b
      join unnest(p_ids, p_slot_ids, p_resource_ids, p_patients, p_account_ids, v_names)
             l(id, slot_id, resource_id, patient, account_id, name) on l.name = b.name
     where is_same_person(l.patient, l.account_id, b.patient, b.account_id)
  )
  select distinct on (e.id) e.id, e.visit_id, s.starts_at
    from same e
   cross join lateral (select t.starts_at from slot t
                        where t.clinic_no = p_clinic_no and t.id = e.visit_slot_id limit 1) s
   cross join lateral (select t.withdrawn_at from slot t
                        where t.clinic_no = p_clinic_no and t.id = e.slot_id limit 1) w
   cross join lateral (select t.specialization from resource t
                        where t.clinic_no = p_clinic_no and t.id = e.visit_resource_id limit 1) r
   cross join lateral (select t.specialization from resource t
                        where t.clinic_no = p_clinic_no and t.id = e.resource_id limit 1) d
   where w.withdrawn_at > p_at - interval '30 days' and e.created_at > w.withdrawn_at
     and (e.resource_id = e.visit_resource_id or d.specialization = r.specialization)
   order by e.id, s.starts_at, e.visit_id;
end
$function$;
