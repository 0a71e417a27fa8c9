-- move_booking: moves one booking, for move_bookings, which has locked both slots (p_locked_slot_ids) and the booking,
-- and given back the lapsed holds. Returns the outcome, one of move_bookings'. The slot is judged by claim_verdict, as
-- for a claim.
--
-- Internal: the application's role may not execute it.
-- Locks: none.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes; a booking that is in the slot already returns unchanged, and so does a move that was made under this
--   key, wherever the booking has been moved since (see is_repeated).
create or replace function holdfast.move_booking(
  p_clinic_no integer, p_id uuid, p_slot_id uuid, p_actor_id uuid, p_on_behalf boolean, p_locked_slot_ids uuid[],
  p_now timestamptz, p_key uuid
) returns text
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_booking booking;
  v_at timestamptz;
  v_from slot;
  v_to slot;
  v_clinic clinic;
  v_resource resource;
  v_verdict text;
begin
  select * into v_booking from booking where clinic_no = p_clinic_no and id = p_id;
  if not found then
    return 'booking_missing';
  end if;
  -- Read again under the lock: the slot it is in now may not be the one that was locked for it.
  if v_booking.slot_id <> all (p_locked_slot_ids) then
    return 'retry';
  elsif v_booking.erased_at is not null then
    return 'booking_erased';
  end if;
  -- No earlier than its last event, which a server with another clock may have written.
  v_at := greatest(p_now, v_booking.updated_at);
  if v_booking.failure_reason = 'hold_expired' or hold_lapsed(v_booking.status, v_booking.hold_expires_at, v_at) then
    return 'hold_expired';
  -- A booking at its first version has never been moved.
  elsif v_booking.version > 1 and is_repeated(p_clinic_no, p_id, p_key, p_now) then
    return 'unchanged';
  elsif v_booking.status not in ('PENDING', 'CONFIRMED') then
    return 'invalid_transition';
  elsif v_booking.slot_id = p_slot_id then
    return 'unchanged';
  end if;

  select * into v_clinic from clinic where no = p_clinic_no;
  select * into v_from from slot where clinic_no = p_clinic_no and id = v_booking.slot_id;
  if v_booking.status = 'CONFIRMED' and not p_on_behalf
     and p_now > v_from.starts_at - make_interval(mins => v_clinic.cancellation_deadline_minutes) then
    return 'past_deadline';
  end if;

  select * into v_to from slot where clinic_no = p_clinic_no and id = p_slot_id;
  select * into v_resource from resource where clinic_no = p_clinic_no and id = v_to.resource_id;
  v_verdict := claim_verdict(
    p_now, null, null, null, v_to.id, v_to.withdrawn_at, v_to.starts_at, v_resource.active,
    make_interval(mins => v_clinic.minimum_notice_minutes), make_interval(days => v_clinic.booking_horizon_days),
    v_booking.appointment_type, v_resource.appointment_types, v_booking.units, v_to.capacity, v_to.taken,
    v_to.next_lapse);
  if v_verdict is not null then
    return v_verdict;
  elsif v_to.taken + v_booking.units > v_to.capacity then
    -- No verdict, because more lapsed holds are left to give back.
    return 'retry';
  end if;

  update slot
     set taken = taken + v_booking.units, next_lapse = least(next_lapse, v_booking.hold_expires_at)
   where clinic_no = p_clinic_no and id = p_slot_id;
  update slot set taken = taken - v_booking.units where clinic_no = p_clinic_no and id = v_booking.slot_id;
  update booking
     set slot_id = p_slot_id, resource_id = v_to.resource_id, version = version + 1, updated_at = v_at
   where clinic_no = p_clinic_no and id = p_id;
  insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, hold_expires_at,
                             from_slot_id, actor_id, request_key, booking_digest)
  values (p_clinic_no, p_id, v_booking.version + 1, v_at, 'moved', p_slot_id, v_to.resource_id, v_booking.units,
          v_booking.hold_expires_at, v_booking.slot_id, p_actor_id, p_key,
          booking_digest(v_booking.account_id, v_booking.appointment_type, v_booking.patient, v_booking.reason,
                         v_booking.cancellation_reason));
  return 'done';
end
$function$;
