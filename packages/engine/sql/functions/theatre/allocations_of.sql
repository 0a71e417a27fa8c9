-- allocations_of: what a case takes now, as its events state it: a list of allocation_as_json. What it takes for no
-- time at all (fit_allocations) is left out.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.allocations_of(p_clinic_no integer, p_booking_id uuid) returns jsonb
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return (select coalesce(jsonb_agg(allocation_as_json(a) order by a.kind, a.resource_id, a.unit_no), '[]')
            from allocation a
           where a.clinic_no = p_clinic_no and a.booking_id = p_booking_id and not isempty(a.during));
end
$function$;
