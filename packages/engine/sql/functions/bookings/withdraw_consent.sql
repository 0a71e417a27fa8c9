-- withdraw_consent: records that the patient of a booking no longer agrees to what they had agreed to (event
-- `consent_withdrawn`). What the booking stores of the consent stays, with the time of the withdrawal. The status and
-- the units of the booking stay, too. Returns one row; tx: the transaction that changed the booking last.
--
-- p_question_id: of the consent, in the answers of the booking. p_actor_id: the account that acts; null: the bearer of
-- the manage token. p_key, p_access: as begin_change.
--
-- Outcomes: done | unchanged (it was withdrawn before) | as begin_change | invalid_transition (a hold that is no
--   request) | consent_missing (the patient has not agreed to this)
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
  v_change record;
  v_now timestamptz;
  v_answer jsonb;
  v_place integer;
begin
  v_change := begin_change(p_clinic_no, p_id, p_key, p_access);
  if v_change.refusal is not null then
    return query select v_change.refusal, v_change.tx;
    return;
  end if;
  v_booking := v_change.booking;
  v_now := v_change.at;
  select a.answer, a.n - 1 into v_answer, v_place
    from jsonb_array_elements(v_booking.patient->'answers') with ordinality a(answer, n)
   where a.answer->>'questionId' = p_question_id::text and a.answer ? 'agreedAt';

  outcome := case
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
