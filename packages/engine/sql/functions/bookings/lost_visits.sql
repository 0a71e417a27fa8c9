-- lost_visits: the bookings under these names (fold_name) that ended with their slots (`slot_withdrawn`) since p_since.
-- Of a clinic that has withdrawn more slots since, those of the newest v_slots_max. visits_from leaves old ones out.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.lost_visits(p_clinic_no integer, p_names text[], p_since timestamptz)
  returns table (id uuid, slot_id uuid, resource_id uuid, patient jsonb, account_id uuid)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
-- Planned for the partitions in which these bookings can be.
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_slots_max constant integer := 20000;
  v_slots constant uuid[] := array(
    select s.id from slot s
     where s.clinic_no = p_clinic_no and s.withdrawn_at > p_since
     order by s.withdrawn_at desc, s.id limit v_slots_max);
  v_from constant uuid := visits_from(oldest_booking_id(p_clinic_no, v_slots));
begin
  if cardinality(v_slots) = 0 then
    return;
  end if;
  return query
  select b.id, b.slot_id, b.resource_id, b.patient, b.account_id
    from booking b
   where b.clinic_no = p_clinic_no and b.slot_id = any (v_slots) and b.id >= v_from and b.status <> 'PENDING'
     and b.failure_reason = 'slot_withdrawn' and b.appointment_type <> 'case' and b.erased_at is null
     and fold_name(b.patient->>'name') = any (p_names);
end
$function$;
