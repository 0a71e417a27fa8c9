-- is_expected: whether a case is CONFIRMED or ARRIVED: it is neither a hold, nor a no-show, nor over. A function,
-- because the months of older bookings are to be locked only for the few cases that callers ask about.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_expected(p_clinic_no integer, p_booking_id uuid) returns boolean
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return exists (select from bookings_by_id(array[p_clinic_no], array[p_booking_id]) b
                  where b.status in ('CONFIRMED', 'ARRIVED'));
end
$function$;
