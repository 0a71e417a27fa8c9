-- prolong_case: sets when a confirmed or running case is expected to end: later or, once its patient is in the room,
-- also earlier than planned, but not before the minute of now: people say times in minutes. Its allocations then last
-- until that time, with turnover and reprocessing, but at most until the next case or clinic slot that needs the same
-- resource (fit_allocations): later cases keep their allocations, and are reported as at risk. A call with the same end
-- extends the allocations into what has become free since, and takes back minutes of the block that the case had given
-- back (fit_units).
--
-- The event has expectedEndsAt only if it is another one: the same end is not said again, so it still follows in_room
-- (expected_end).
--
-- earliest: for too_early, the earliest end that can be set: the planned one, or the minute of now once its patient is
--   in the room.
-- Outcomes: done | unchanged (the case has this end, and nothing more is free; or the request was repeated) |
--   case_missing | hold_expired | invalid_transition | too_early | retry (it was moved meanwhile)
-- Locks: as lock_case.
-- Fails: 55P03 after the connection's lock timeout. Idempotent: yes.
create or replace function holdfast.prolong_case(
  p_clinic_no integer, p_booking_id uuid, p_expected_ends_at timestamptz, p_actor_id uuid, p_key uuid
) returns table (outcome text, earliest timestamptz, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
as $function$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_lock record;
  v_booking booking;
  v_case theatre_case;
  v_is_fitted boolean; v_is_counted boolean;
begin
  v_lock := lock_case(p_clinic_no, p_booking_id, p_expected_ends_at);
  v_booking := v_lock.booking;
  v_now := v_lock.at;
  select * into v_case from theatre_case c where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id;
  earliest := case when exists (select from case_milestone m
                                 where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id
                                   and m.milestone = 'in_room')
                   then date_trunc('minute', v_now) else v_case.ends_at end;
  outcome := case
    when v_booking.id is null or v_booking.erased_at is not null then 'case_missing'
    when v_booking.failure_reason = 'hold_expired'
      or hold_lapsed(v_booking.status, v_booking.hold_expires_at, greatest(v_now, v_booking.updated_at))
      then 'hold_expired'
    -- A repetition, whatever became of the case since.
    when is_repeated(p_clinic_no, p_booking_id, p_key, v_now) then 'unchanged'
    when v_booking.status not in ('CONFIRMED', 'ARRIVED') then 'invalid_transition'
    -- The end that it has may be repeated, to take what has become free since.
    when p_expected_ends_at < earliest and p_expected_ends_at <> v_case.expected_ends_at then 'too_early'
    when v_lock.is_moved then 'retry'
    else 'done' end;
  if outcome = 'done' then
    update theatre_case c set expected_ends_at = p_expected_ends_at
     where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id and c.expected_ends_at <> p_expected_ends_at;
    v_is_fitted := fit_allocations(p_clinic_no, p_booking_id);
    v_is_counted := fit_units(v_booking);
    if not (v_is_fitted or v_is_counted) and v_case.expected_ends_at = p_expected_ends_at then
      outcome := 'unchanged';
    end if;
  end if;
  if outcome <> 'done' then
    tx := (select l.tx from last_change(p_clinic_no, p_booking_id) l);
    return next;
    return;
  end if;

  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[p_booking_id], array[v_booking.status],
                         array[v_booking.failure_reason], array[v_booking.hold_expires_at], null, null, null, null,
                         null, null, null, array[greatest(v_now, v_booking.updated_at)]) c;
  perform log_change(v_booking, 'prolonged', p_actor_id, p_key, p_status_after => v_booking.status,
                     p_case_details => jsonb_build_object('allocations', allocations_of(p_clinic_no, p_booking_id))
                       || case when v_case.expected_ends_at <> p_expected_ends_at
                               then jsonb_build_object('expectedEndsAt', p_expected_ends_at) else '{}' end);
  tx := pg_current_xact_id();
  return next;
end
$function$;
