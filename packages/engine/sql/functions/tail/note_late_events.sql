-- note_late_events: copies the events that this transaction has written for bookings that are more than 31 days old
-- into late_event. Every function that changes bookings calls it if late_ids(p_now) says that one of them is so old:
-- without it, the readers of the recent log would miss changes of old bookings (bound_recent_log).
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.note_late_events(p_clinic_nos integer[], p_booking_ids uuid[], p_now timestamptz)
  returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_months uuid[];
begin
  v_months := id_months(array(select u.id from unnest(p_booking_ids) u(id) where u.id < late_ids(p_now)));
  for v_n in 1 .. cardinality(v_months) by 2 loop
    insert into late_event (clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units,
                            hold_expires_at, from_slot_id, reason, actor_id, status_after, case_details)
    select e.clinic_no, e.booking_id, e.version, e.xid, e.seq, e.at, e.type, e.slot_id, e.resource_id, e.units,
           e.hold_expires_at, e.from_slot_id, e.reason, e.actor_id, e.status_after, e.case_details
      from (select distinct u.clinic_no, u.id from unnest(p_clinic_nos, p_booking_ids) u(clinic_no, id)) i
      join booking_event e on e.clinic_no = i.clinic_no and e.booking_id = i.id
     where e.booking_id between v_months[v_n] and v_months[v_n + 1] and e.xid = pg_current_xact_id()
        on conflict do nothing;
  end loop;
end
$function$;
