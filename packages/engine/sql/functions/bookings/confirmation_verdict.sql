-- confirmation_verdict: what becomes of a confirmation of a hold or a request, as an outcome of settle_bookings, which
-- alone calls it. The planner replaces the call by this body.
--
-- p_sent: the patient of the confirmation; null: none was sent. p_patient: of the booking, once it is confirmed.
-- p_closed: why the slot is closed to the desk (claim_closed), which refuses requests alone: a hold has its units.
-- p_refusal: of the answers, or by other appointments; null: none.
-- p_asks_for: the start of the time for which it becomes a request that holds nothing; null: it becomes none.
--
-- Outcomes: done | unchanged | invalid_transition | holds_nothing (a request without units) | patient_missing |
--   request_corrected (of a request, with a patient: correct_patient and correct_answers have the rules) |
--   slot_closed:<why> (of a request, as claim_closed: nobody could book it now) |
--   answer_refused:… (as answered_patient; those of a request were judged when it was made) |
--   patient_booked:<the other booking's id> | already_requested (as already_requested)
-- Internal. Locks: none; its caller has those of the booking and of what it was judged by. Fails: never.
-- Idempotent: yes.
create or replace function holdfast.confirmation_verdict(
  p_booking holdfast.booking, p_on_behalf boolean, p_sent jsonb, p_patient jsonb, p_closed text, p_refusal text,
  p_asks_for timestamptz, p_now timestamptz
) returns text
language sql stable
return case
  when p_booking.status = 'CONFIRMED' then 'unchanged'
  when p_booking.status <> 'PENDING' then 'invalid_transition'
  when p_booking.requested_at is not null and not p_on_behalf then 'unchanged'
  when p_booking.requested_at is not null and p_sent is not null then 'request_corrected'
  when p_booking.requested_at is not null and p_booking.units = 0 then 'holds_nothing'
  when p_patient->>'name' = '' then 'patient_missing'
  else coalesce(case when p_booking.requested_at is not null then p_closed end, p_refusal,
                case when p_asks_for is not null
                          and holdfast.already_requested(p_booking, p_asks_for, p_patient, p_now)
                     then 'already_requested' end,
                'done') end;
