-- set_attendance: notes that the patient of a confirmed booking will come to this slot, the event
-- `attendance_confirmed`, or that this is not certain any more, `attendance_withdrawn`. Its units are taken either way.
-- Both are said of a slot: a move to another one removes the confirmation (see change_bookings), and whoever names a
-- slot that the booking has left gets booking_moved. Returns one row; tx: the booking's last change.
--
-- p_actor_id: the account that acts; null: the bearer of the manage token.
--
-- Outcomes: done | unchanged (it was so already, or the request was repeated) | booking_missing (also: a case) |
--   booking_erased | hold_expired | invalid_transition (it is not CONFIRMED) | booking_moved | visit_begun
-- Internal: called by confirm_attendance and withdraw_attendance.
-- Locks: the booking.
-- Fails: 22023 without a key.
-- Idempotent: yes. By its key, for 24 hours, also where the booking was moved, or the opposite was noted, since.
--   Only a change stores its key. What was so already and is said again by its key, after the opposite was noted, is
--   one change at that later time, as if the first try had never arrived.
create or replace function holdfast.set_attendance(
  p_clinic_no integer, p_id uuid, p_slot_id uuid, p_actor_id uuid, p_key uuid, p_is_coming boolean
) returns table (outcome text, tx xid8)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  v_booking booking;
  v_bookings booking[];
  v_now timestamptz;
  v_starts_at timestamptz;
begin
  if p_key is null then
    raise exception 'a change of an attendance needs a key' using errcode = 'invalid_parameter_value';
  end if;
  v_bookings := lock_bookings(array[p_clinic_no], array[p_id]);
  if cardinality(v_bookings) = 0 or v_bookings[1].appointment_type = 'case' then
    return query select 'booking_missing', null::xid8;
    return;
  end if;
  v_booking := v_bookings[1];
  v_now := greatest(clock_timestamp(), v_booking.updated_at);
  select s.starts_at into v_starts_at from slot s where s.clinic_no = p_clinic_no and s.id = v_booking.slot_id;

  outcome := case
    when v_booking.erased_at is not null then 'booking_erased'
    when hold_lapsed(v_booking.status, v_booking.hold_expires_at, v_now)
      or v_booking.failure_reason = 'hold_expired' then 'hold_expired'
    when is_repeated(p_clinic_no, p_id, p_key, v_now) then 'unchanged'
    when v_booking.status <> 'CONFIRMED' then 'invalid_transition'
    when v_booking.slot_id <> p_slot_id then 'booking_moved'
    when (v_booking.attendance_confirmed_at is not null) = p_is_coming then 'unchanged'
    when v_now >= v_starts_at then 'visit_begun'
    else 'done' end;
  if outcome <> 'done' then
    return query select set_attendance.outcome, (select l.tx from last_change(p_clinic_no, p_id) l);
    return;
  end if;

  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[p_id], array[v_booking.status], array[null::text],
                         array[null::timestamptz], null, null, null, null, null, null, null, array[v_now],
                         array[case when p_is_coming then v_now else '-infinity' end]) c;
  insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, actor_id,
                             request_key, booking_digest)
  values (p_clinic_no, p_id, v_booking.version, v_now,
          case when p_is_coming then 'attendance_confirmed' else 'attendance_withdrawn' end, v_booking.slot_id,
          v_booking.resource_id, v_booking.units, p_actor_id, p_key,
          booking_digest(v_booking.account_id, v_booking.appointment_type, v_booking.patient, v_booking.reason,
                         v_booking.cancellation_reason));
  if p_id < late_ids(v_now) then
    perform note_late_events(array[p_clinic_no], array[p_id], v_now);
  end if;
  return query select set_attendance.outcome, pg_current_xact_id();
end
$function$;
