-- lock_bookings: locks bookings that are named by two arrays of the same length, and answers what time it is then. The
-- caller writes down, of each booking, no earlier time than what happened to it last, though that was written by the clock of a
-- server that failed over to this one; and judges no other by it. Names that are missing are passed over. Internal: the
-- application's role may not execute it.
--
-- One statement a booking. In one for all of them the partitions are chosen while it runs, and PostgreSQL 18 (18.4 was seen
-- to) breaks down with every connection when a row that it waited for had changed: looking again at that row uses up what
-- the rest of the statement chooses partitions by.
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
