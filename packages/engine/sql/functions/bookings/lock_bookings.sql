-- lock_bookings: locks the bookings named by two arrays of the same length, and returns them as they are under the
-- lock, each once. Bookings that do not exist are left out; an empty array: none exists. Internal: the application's
-- role may not execute it.
--
-- It runs one statement per booking. A single statement for all would choose partitions while it runs, and PostgreSQL
-- 18 (seen with 18.4) crashes with every connection if a row that it waited for has changed: see docs/decisions/0008.
-- Locks: the bookings, by id.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.lock_bookings(p_clinic_nos integer[], p_ids uuid[]) returns holdfast.booking[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_item record;
  v_booking booking;
  v_bookings booking[] := '{}';
begin
  if late_ids(clock_timestamp()) > any (p_ids) then
    return lock_old_bookings(p_clinic_nos, p_ids);
  elsif cardinality(p_ids) = 1 then
    select b.* into v_booking
      from booking b
     where b.clinic_no = p_clinic_nos[1] and b.id = p_ids[1] and b.id >= recent_ids() for update;
    return case when found then array[v_booking] else v_bookings end;
  end if;
  for v_item in
    select distinct u.id, u.clinic_no from unnest(p_clinic_nos, p_ids) u(clinic_no, id) order by u.id, u.clinic_no
  loop
    select b.* into v_booking
      from booking b
     where b.clinic_no = v_item.clinic_no and b.id = v_item.id and b.id >= recent_ids() for update;
    if found then
      v_bookings := v_bookings || v_booking;
    end if;
  end loop;
  return v_bookings;
end
$function$;
