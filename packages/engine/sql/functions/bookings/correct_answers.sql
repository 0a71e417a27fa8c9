-- correct_answers: corrects answers of a confirmed booking, or of a request that waits, to what its visit type asked:
-- by the questions as the booking stores them, whatever the visit type asks now. Event `answers_corrected`; nothing is
-- sent for it, and the status and the units stay. Returns one row; tx: the transaction that changed the booking last.
--
-- p_answers: as of answered_patient. Those that are left out stay. A consent that was given stays as it is, with its
-- time: it ends by withdraw_consent alone, and is not given again.
-- p_by_desk: a member of the clinic does it, until the visit's end, and gives no consent for the patient; a patient
-- until the cut-off for cancellations.
-- p_version: of the booking that was read. p_actor_id, p_key, p_access: as withdraw_consent.
--
-- Outcomes: done | unchanged (the booking says so already) | as begin_change | invalid_transition (neither confirmed
--   nor requested; the desk also corrects those of a patient who has arrived) | past_deadline | visit_over |
--   answer_refused:… (as judged_answers) | booking_outdated (it has another version)
-- Locks: the booking.
-- Fails: never.
-- Idempotent: yes.
create or replace function holdfast.correct_answers(
  p_clinic_no integer, p_id uuid, p_actor_id uuid, p_by_desk boolean, p_key uuid, p_answers jsonb, p_version integer,
  p_access jsonb
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
  v_answers jsonb;
  v_ends_at timestamptz;
  v_deadline timestamptz;
  v_judged record;
begin
  v_change := begin_change(p_clinic_no, p_id, p_key, p_access);
  if v_change.refusal is not null then
    return query select v_change.refusal, v_change.tx;
    return;
  end if;
  v_booking := v_change.booking;
  v_now := v_change.at;
  v_answers := coalesce(v_booking.patient->'answers', '[]');
  select s.ends_at, s.starts_at - cancellation_deadline(c, s.visit_type_id) into v_ends_at, v_deadline
    from slot s
    join clinic c on c.no = s.clinic_no
   where s.clinic_no = p_clinic_no and s.id = v_booking.slot_id;
  v_judged := judged_answers(
    (select coalesce(jsonb_agg((s - array['questionId', 'value', 'choice', 'agreedAt', 'withdrawnAt'])
                               || jsonb_build_object('id', s->'questionId', 'choices', coalesce(s->'choices', '[]'))
                               order by n), '[]')
       from jsonb_array_elements(v_answers) with ordinality o(s, n)
      where exists (select from jsonb_array_elements(p_answers) a where a->'questionId' = s->'questionId')),
    p_answers, v_answers, p_by_desk, v_now);
  if v_judged.refusal is null then
    select format('answer_refused:invalid:%s', encode(convert_to(
             ((s - array['questionId', 'value', 'agreedAt', 'withdrawnAt'])
              || jsonb_build_object('id', s->'questionId', 'choices', '[]'::jsonb))::text, 'UTF8'), 'hex'))
      into v_judged.refusal
      from jsonb_array_elements(p_answers) a
      join jsonb_array_elements(v_answers) s on s->'questionId' = a->'questionId'
     where s ? 'agreedAt' and (a->'value' <> 'true' or s ? 'withdrawnAt')
     limit 1;
  end if;
  select coalesce(jsonb_agg(coalesce(j, s) order by n), '[]') into v_answers
    from jsonb_array_elements(v_answers) with ordinality o(s, n)
    left join jsonb_array_elements(v_judged.answers) j on j->'questionId' = s->'questionId' and not s ? 'agreedAt';

  outcome := case
    when v_booking.status = 'PENDING' and v_booking.requested_at is null
      or v_booking.status not in ('PENDING', 'CONFIRMED') and not (p_by_desk and v_booking.status = 'ARRIVED')
      then 'invalid_transition'
    when v_now > v_ends_at then 'visit_over'
    when v_booking.status = 'CONFIRMED' and not p_by_desk and v_now > v_deadline then 'past_deadline'
    when v_judged.refusal is not null then v_judged.refusal
    when v_answers = coalesce(v_booking.patient->'answers', '[]') then 'unchanged'
    when v_booking.version <> p_version then 'booking_outdated'
    else 'done' end;
  if outcome <> 'done' then
    return query select correct_answers.outcome, (select l.tx from last_change(p_clinic_no, p_id) l);
    return;
  end if;

  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[p_id], array[v_booking.status], array[v_booking.failure_reason],
                         array[v_booking.hold_expires_at], null, null,
                         array[v_booking.patient || jsonb_build_object('answers', v_answers)],
                         null, null, null, null, array[v_now]) c;
  perform log_change(v_booking, 'answers_corrected', p_actor_id, p_key, v_booking.status);
  return query select correct_answers.outcome, pg_current_xact_id();
end
$function$;
