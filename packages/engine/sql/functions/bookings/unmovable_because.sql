-- unmovable_because: why the state of a booking, or its time, refuses every move; null: it may be moved. p_from: the
-- slot that it is in. p_on_behalf: as in move_bookings. p_at: no earlier than its last event.
--
-- booking_erased | hold_expired | invalid_transition | offer_open | approval_required | past_deadline: as in
-- move_bookings.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.unmovable_because(
  p_booking holdfast.booking, p_from holdfast.slot, p_on_behalf boolean, p_at timestamptz
) returns text
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_clinic clinic;
begin
  if p_booking.erased_at is not null then
    return 'booking_erased';
  elsif p_booking.failure_reason = 'hold_expired'
        or hold_lapsed(p_booking.status, p_booking.hold_expires_at, p_at) then
    return 'hold_expired';
  elsif p_booking.status not in ('PENDING', 'CONFIRMED') then
    return 'invalid_transition';
  -- Its time is that of the place that was offered (offer_until).
  elsif p_booking.status = 'PENDING' and p_booking.waitlist_entry_id is not null then
    return 'offer_open';
  -- The clinic was asked for this time.
  elsif p_booking.status = 'PENDING' and p_booking.requested_at is not null then
    return 'approval_required';
  elsif p_booking.status = 'CONFIRMED' and not p_on_behalf then
    select * into v_clinic from clinic where no = p_booking.clinic_no;
    if p_at > p_from.starts_at - cancellation_deadline(v_clinic, p_from.visit_type_id) then
      return 'past_deadline';
    end if;
  end if;
  return null;
end
$function$;
