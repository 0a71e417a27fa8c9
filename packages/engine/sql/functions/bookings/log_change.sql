-- log_change: writes the event of a change that the caller has just made to a booking, p_booking as it is now, and
-- copies it into late_event if the booking is old (note_late_events). For functions that change one booking at a time;
-- those that change many write their events in one statement.
--
-- p_type, p_status_after: as booking_event_is_valid allows; p_status_after: null: the type implies the status.
-- p_from_slot_id: for a move, the slot that it left. p_case_details: for a case, what has changed.
-- Internal.
-- Locks: none. Fails: 23514 (a type and status that do not fit). Idempotent: no; a second call for the
--   same version fails with 23505.
create or replace function holdfast.log_change(
  p_booking holdfast.booking, p_type text, p_actor_id uuid, p_key uuid, p_status_after text default null,
  p_from_slot_id uuid default null, p_case_details jsonb default null
) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $function$
begin
  insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, hold_expires_at,
                             from_slot_id, reason, actor_id, status_after, request_key, booking_digest, case_details)
  values (p_booking.clinic_no, p_booking.id, p_booking.version, p_booking.updated_at, p_type, p_booking.slot_id,
          p_booking.resource_id, p_booking.units, p_booking.hold_expires_at, p_from_slot_id, p_booking.failure_reason,
          p_actor_id, p_status_after, p_key,
          booking_digest(p_booking.account_id, p_booking.appointment_type, p_booking.patient, p_booking.reason,
                         p_booking.cancellation_reason),
          p_case_details);
  if p_booking.id < late_ids(p_booking.updated_at) then
    perform note_late_events(array[p_booking.clinic_no], array[p_booking.id], p_booking.updated_at);
  end if;
end
$function$;
