-- last_change: the last transaction that changed a booking, and the slot that it left in its last move (null: it was
-- never moved).
--
-- Internal. A function, not a subquery, because callers need it for few of their bookings.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.last_change(
  p_clinic_no integer, p_booking_id uuid, out tx xid8, out from_slot_id uuid
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  -- Ordered by version, not max(xid): for that, the planner would scan the clinic's log backwards.
  if p_booking_id < late_ids(clock_timestamp()) then
    select (array_agg(e.xid))[1], (array_agg(e.from_slot_id) filter (where e.type = 'moved'))[1]
      into tx, from_slot_id
      from events_of_old_booking(p_clinic_no, p_booking_id) e;
  else
    select (array_agg(e.xid))[1], (array_agg(e.from_slot_id) filter (where e.type = 'moved'))[1]
      into tx, from_slot_id
      from (select l.xid, l.from_slot_id, l.type from booking_event l
             where l.clinic_no = p_clinic_no and l.booking_id = p_booking_id and l.booking_id >= recent_ids()
             order by l.version desc offset 0) e;
  end if;
end
$function$;
