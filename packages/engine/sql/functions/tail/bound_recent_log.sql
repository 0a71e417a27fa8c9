-- bound_recent_log: gives the views recent_event and recent_late_event their bound. Together they are the recent log:
-- the events of bookings of the last 93 days, by whole months, and the late events of older ones. All events of the
-- last 62 days are in it: an event that is not, of a booking more than 93 days old, was written when the booking was at
-- most 31 days old, or it would be a late event.
--
-- A constant in a view is known when a statement is planned, so a stored plan neither reads nor locks older partitions.
-- If the bound is not renewed, more is read, and nothing missed.
--
-- Internal: called by ensure_partitions. Locks: the views, exclusively, when a month has begun. Fails: 55P03 if the
-- locks are not acquired in time. Idempotent: yes.
create or replace function holdfast.bound_recent_log() returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set timezone = 'UTC'
as $function$
declare
  v_from uuid := id_floor(date_trunc('month', clock_timestamp() - interval '93 days'));
begin
  if position(v_from::text in pg_get_viewdef('holdfast.recent_event'::regclass)) > 0 then
    return;
  end if;
  execute format('create or replace view holdfast.recent_event as
                    select clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units,
                           hold_expires_at, from_slot_id, reason, actor_id, status_after, case_details
                      from holdfast.booking_event where booking_id >= %L', v_from);
  execute format('create or replace view holdfast.recent_late_event as
                    select * from holdfast.late_event where booking_id < %L', v_from);
end
$function$;
