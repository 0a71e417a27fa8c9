-- events_of_old_booking: the log of one booking, the newest event first. It is planned for the booking's month at each
-- call: for bookings that are more than 31 days old, and for others where that time does not matter.
--
-- Internal.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.events_of_old_booking(p_clinic_no integer, p_booking_id uuid)
  returns setof holdfast.booking_event
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
begin
  return query
  select e.* from booking_event e where e.clinic_no = p_clinic_no and e.booking_id = p_booking_id
   order by e.version desc;
end
$function$;
