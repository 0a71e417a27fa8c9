-- is_indexed_allocation: whether the index of the exclusion constraint has an allocation: whether it is found by what
-- it takes, and not by its case.
--
-- Internal: called by verify_allocations.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_indexed_allocation(
  p_clinic_no integer, p_booking_id uuid, p_resource_id uuid, p_unit_no integer, p_during tstzrange
) returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  -- `offset 0` keeps the primary key, which begins with the clinic and the case, from being used.
  return exists (
    select from (select a.booking_id from allocation a
                  where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id and a.unit_no = p_unit_no
                    and a.during && p_during offset 0) q
     where q.booking_id = p_booking_id);
end
$function$;
