-- lock_old_bookings: lock_bookings for bookings of which some are more than 31 days old.
--
-- It runs one statement per month, which is planned for the partition of that month: see id_months.
-- Internal. Locks: the bookings, by id. Fails: never. Idempotent: yes.
create or replace function holdfast.lock_old_bookings(p_clinic_nos integer[], p_ids uuid[]) returns holdfast.booking[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_months uuid[] := id_months(p_ids);
  v_month booking[];
  v_bookings booking[] := '{}';
begin
  for v_n in 1 .. cardinality(v_months) by 2 loop
    select array_agg(q.b) into v_month
      from (select b
              from booking b
             where b.id between v_months[v_n] and v_months[v_n + 1]
               and exists (select from unnest(p_clinic_nos, p_ids) u(clinic_no, id)
                            where u.clinic_no = b.clinic_no and u.id = b.id)
             order by b.id
               for update) q;
    v_bookings := v_bookings || v_month;
  end loop;
  return v_bookings;
end
$function$;
