-- begin_change: locks one booking for a change that leaves its units as they are, and judges what refuses each such
-- change. Returns the booking under the lock, and the time of the change, which is not before that of the last one.
--
-- p_key: of the request; null: none was sent. p_access: as has_access.
--
-- refusal: null (it may be changed, if the caller finds nothing else) | booking_missing (also for a case, and without
--   access) | booking_erased | hold_expired | repeated (the request was carried out before); with tx, the transaction
--   that changed the booking last, unless it is missing
-- Internal, for correct_answers, correct_patient, request_link, set_attendance and withdraw_consent.
-- Locks: the booking. Fails: never. Idempotent: yes.
create or replace function holdfast.begin_change(
  p_clinic_no integer, p_id uuid, p_key uuid, p_access jsonb,
  out booking holdfast.booking, out at timestamptz, out refusal text, out tx xid8
)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  booking := (lock_bookings(array[p_clinic_no], array[p_id]))[1];
  if booking.id is null or booking.appointment_type = 'case' or not has_access(booking, p_access) then
    refusal := 'booking_missing';
    return;
  end if;
  at := greatest(clock_timestamp(), booking.updated_at);
  refusal := case
    when booking.erased_at is not null then 'booking_erased'
    when hold_lapsed(booking.status, booking.hold_expires_at, at) or booking.failure_reason = 'hold_expired'
      then 'hold_expired'
    when is_repeated(p_clinic_no, p_id, p_key, at) then 'repeated' end;
  if refusal is not null then
    tx := (last_change(p_clinic_no, p_id)).tx;
  end if;
end
$function$;
