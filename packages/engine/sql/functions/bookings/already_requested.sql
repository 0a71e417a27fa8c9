-- already_requested: whether the account or a contact of the patient who asks for the booking's time has another
-- request that waits, for the same time of the same doctor. Names are not compared: anybody can send another one. For
-- several people in a group, one request asks for several places.
--
-- Internal, for settle_bookings. Locks: none; the caller has locked the slot. Every request for the time locks it, too;
-- a new slot at this time is created under the doctor's lock, after this transaction. Fails: never. Idempotent: yes.
create or replace function holdfast.already_requested(
  p_booking holdfast.booking, p_starts_at timestamptz, p_patient jsonb, p_now timestamptz
) returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return exists (
    select from slot s
      join booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id and b.id >= recent_ids()
     where s.clinic_no = p_booking.clinic_no and s.resource_id = p_booking.resource_id and s.starts_at = p_starts_at
       and b.status = 'PENDING' and b.requested_at is not null and b.id <> p_booking.id
       and not hold_seems_lapsed(b.status, b.hold_expires_at, p_now)
       and array_remove(identity_keys(b.patient, b.account_id), 'none')
           && identity_keys(p_patient, p_booking.account_id));
end
$function$;
