-- forget_arrival: removes the recorded arrival of a case's patient if the case is moved to p_starts_at and the arrival
-- is of another day than that (earliest_milestone). The case is CONFIRMED again: a patient who was sent home is not in
-- the building, and a withdrawal of the new block has to name the case. Returns the booking as it is then.
--
-- p_booking: the booking of the case, as it is under the lock; one that has begun is not moved (has_not_begun).
-- Internal.
-- Locks: none that the caller does not have. Fails: never. Idempotent: yes.
create or replace function holdfast.forget_arrival(
  p_booking holdfast.booking, p_starts_at timestamptz, p_actor_id uuid, p_at timestamptz
) returns holdfast.booking
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_booking booking;
begin
  if p_booking.status <> 'ARRIVED' then
    return p_booking;
  end if;
  delete from case_milestone m
   where m.clinic_no = p_booking.clinic_no and m.booking_id = p_booking.id and m.milestone = 'arrived'
     and m.at < earliest_milestone(p_starts_at);
  if not found then
    return p_booking;
  end if;
  select c.* into v_booking
    from change_bookings(array[p_booking.clinic_no], array[p_booking.id], array['CONFIRMED'],
                         array[p_booking.failure_reason], array[p_booking.hold_expires_at], null, null, null, null,
                         null, null, null, array[greatest(p_at, p_booking.updated_at)]) c;
  perform log_change(v_booking, 'milestone', p_actor_id, null, p_status_after => v_booking.status,
                     p_case_details => jsonb_build_object('milestone', 'arrived', 'at', null));
  return v_booking;
end
$function$;
