-- old_visits_of_slots: those of visits_of_slots whose ids are lower than recent_ids, from p_from on.
--
-- Internal. Planned for each call, so that it reads and locks the months from p_from on, and no others.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.old_visits_of_slots(
  p_clinic_no integer, p_slot_ids uuid[], p_name text, p_from uuid
) returns setof holdfast.booking
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
begin
  return query
  select b.* from booking b
   where b.clinic_no = p_clinic_no and b.slot_id = any (p_slot_ids) and b.id >= p_from and b.id < recent_ids()
     and b.status in ('CONFIRMED', 'ARRIVED')
     and (p_name is null or fold_name(b.patient->>'name') = p_name);
end
$function$;
