-- extensions_of: how often a hold was extended. The hold has not ended, so it is recent.
--
-- Internal. A function, not a subquery, because callers need it for few of their bookings.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.extensions_of(p_clinic_no integer, p_booking_id uuid) returns bigint
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return (select count(*) from booking_event e
           where e.clinic_no = p_clinic_no and e.booking_id = p_booking_id and e.booking_id >= recent_ids()
             and e.type = 'extended');
end
$function$;
