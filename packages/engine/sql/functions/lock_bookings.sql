-- lock_bookings: locks the bookings named by two arrays of the same length, and returns the time when it has all locks.
-- When the caller logs a change, its time must not be earlier than the booking's last event, even if that event was
-- written by a server with a faster clock that failed over to this one; other bookings are not affected by it. Bookings
-- that do not exist are skipped. Internal: the application's role may not execute it.
--
-- It runs one statement per booking. A single statement for all would choose partitions while it runs, and PostgreSQL
-- 18 (seen with 18.4) crashes with every connection if a row that it waited for has changed: see docs/decisions/0009.
-- Locks: the bookings, by (clinic_no, id).
-- Fails: never. Idempotent: yes.
create or replace function holdfast.lock_bookings(p_clinic_nos integer[], p_ids uuid[]) returns timestamptz
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_item record;
begin
  for v_item in
    select distinct u.clinic_no, u.id from unnest(p_clinic_nos, p_ids) u(clinic_no, id) order by u.clinic_no, u.id
  loop
    perform 1 from booking b where b.clinic_no = v_item.clinic_no and b.id = v_item.id for update;
  end loop;
  return clock_timestamp();
end
$function$;
