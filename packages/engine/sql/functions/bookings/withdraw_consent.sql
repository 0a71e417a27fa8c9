-- withdraw_consent: records that the patient of a booking no longer agrees to what they had agreed to (event
-- `consent_withdrawn`). What the booking stores of the consent stays, with the time of the withdrawal. The status and
-- the units of the booking stay, too. Returns one row; tx: the transaction that changed the booking last.
--
-- p_question_id: of the consent, in the answers of the booking. p_actor_id: the account that acts; null: the bearer of
-- the manage token. p_key: of the request, stored with the event. p_access: as has_access.
--
-- Outcomes: done | unchanged (it was withdrawn before) | booking_missing (also without access) | booking_erased |
--   hold_expired | invalid_transition (a hold that is no request) | consent_missing (the patient has not agreed to
--   this)
-- Locks: the booking.
-- Fails: never.
-- Idempotent: yes; a withdrawal cannot be undone.
create or replace function holdfast.withdraw_consent(
  p_clinic_no integer, p_id uuid, p_question_id uuid, p_actor_id uuid, p_key uuid, p_access jsonb
) returns table (outcome text, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  v_booking booking;
  v_bookings booking[];
  v_now timestamptz;
  v_answer jsonb;
  v_place integer;
begin
  v_bookings := lock_bookings(array[p_clinic_no], array[p_id]);
  if cardinality(v_bookings) = 0 or not has_access(v_bookings[1], p_access) then
    return query select 'booking_missing', null::xid8;
    return;
  end if;
  v_booking := v_bookings[1];
  v_now := greatest(clock_timestamp(), v_booking.updated_at);
  select a.answer, a.n - 1 into v_answer, v_place
    from jsonb_array_elements(v_booking.patient->'answers') with ordinality a(answer, n)
   where a.answer->>'questionId' = p_question_id::text and a.answer ? 'agreedAt';

  outcome := case
    when v_booking.erased_at is not null then 'booking_erased'
    when hold_lapsed(v_booking.status, v_booking.hold_expires_at, v_now)
      or v_booking.failure_reason = 'hold_expired' then 'hold_expired'
    when v_answer is null then 'consent_missing'
    when v_answer ? 'withdrawnAt' then 'unchanged'
    when v_booking.status = 'PENDING' and v_booking.requested_at is null then 'invalid_transition'
    else 'done' end;
  if outcome <> 'done' then
    return query select withdraw_consent.outcome, (select l.tx from last_change(p_clinic_no, p_id) l);
    return;
  end if;

  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[p_id], array[v_booking.status], array[v_booking.failure_reason],
                         array[v_booking.hold_expires_at], null, null,
                         array[jsonb_set(v_booking.patient, array['answers', v_place::text],
                                         v_answer || jsonb_build_object('withdrawnAt', utc_text(v_now)))],
                         null, null, null, null, array[v_now]) c;
  perform log_change(v_booking, 'consent_withdrawn', p_actor_id, p_key, v_booking.status);
  return query select withdraw_consent.outcome, pg_current_xact_id();
end
$function$;
