-- cases_by_id: the cases with these ids, as they are: see cases_of_bookings. Cases that do not exist are left out.
--
-- A function, so that a plan is stored, and reads and locks only the months in which the bookings were created.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.cases_by_id(p_clinic_no integer, p_ids uuid[])
  returns table (booking_id uuid, found jsonb)
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
#variable_conflict use_column
begin
  return query
  select c.booking_id, c.found
    from cases_of_bookings(array(
           select b from bookings_by_id(array_fill(p_clinic_no, array[cardinality(p_ids)]), p_ids) b)) c;
end
$function$;
