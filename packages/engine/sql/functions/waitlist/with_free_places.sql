-- with_free_places: the free places of a specialization (free_places), with those of a slot as it is now; without it,
-- if it has none. For moves of one transaction, which take and free places after the slots were read. null: they were
-- not.
--
-- p_judged_for: as in offer_places. A slot of another specialization is not added.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.with_free_places(
  p_free holdfast.slot[], p_judged_for text, p_clinic_no integer, p_slot_id uuid
) returns holdfast.slot[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if p_free is null then
    return null;
  end if;
  return array(
    select f from unnest(p_free) f where f.id <> p_slot_id
     union all
    select s from slot s join resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
     where s.clinic_no = p_clinic_no and s.id = p_slot_id and s.session_id is null and r.active
       and s.clinic_no || ' ' || r.specialization = p_judged_for
       and s.taken < s.capacity and s.withdrawn_at is null and s.blocked_at is null);
end
$function$;
