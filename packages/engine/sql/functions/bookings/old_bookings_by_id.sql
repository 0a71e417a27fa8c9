-- old_bookings_by_id: bookings_by_id for bookings of which some are more than 31 days old.
--
-- It runs one statement per month, which is planned for the partition of that month: see id_months.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.old_bookings_by_id(p_clinic_nos integer[], p_ids uuid[])
  returns setof holdfast.booking
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_months uuid[] := id_months(p_ids);
begin
  for v_n in 1 .. cardinality(v_months) by 2 loop
    return query
    select b.*
      from booking b
     where b.id between v_months[v_n] and v_months[v_n + 1]
       and exists (select from unnest(p_clinic_nos, p_ids) u(clinic_no, id)
                    where u.clinic_no = b.clinic_no and u.id = b.id);
  end loop;
end
$function$;
