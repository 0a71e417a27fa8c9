-- time_refusal: why a visit cannot begin at p_starts_at of a session, whatever else is booked there, in the order in
-- which reasons are reported; null: it can. What is booked there is taken_times. For claims, moves and lists of times.
--
-- p_session, p_visit: null: there is none. p_by_desk: a member of the clinic books for somebody: the notice, the
-- horizon and who may book bind patients only. p_is_known: the patient has had an appointment at the clinic.
-- The buffers are within the session, too: its minutes are all that its visits take.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.time_refusal(
  p_session holdfast.open_session, p_visit holdfast.offered_visit, p_doctor_active boolean, p_starts_at timestamptz,
  p_by_desk boolean, p_is_known boolean, p_now timestamptz
) returns text
language sql stable
return case
  when (p_session).id is null then 'session_missing'
  when (p_visit).visit_type_id is null then 'visit_type_missing'
  when (p_session).withdrawn_at is not null then 'slot_closed:withdrawn'
  when not (p_visit).is_offered or not (p_visit).part_ids <@ (p_session).visit_type_ids
    then 'visit_type_not_offered'
  when not p_by_desk and ((p_visit).bookable_by = 'desk'
                          or (p_visit).bookable_by = 'known_patients' and not p_is_known)
    then 'visit_type_by_' || (p_visit).bookable_by
  when not tstzrange((p_session).starts_at, (p_session).ends_at) @> holdfast.time_of_visit(p_visit, p_starts_at)
       or extract(epoch from p_starts_at - (p_session).starts_at)::numeric % ((p_session).grid_minutes * 60) <> 0
    then 'time_not_offered'
  when p_by_desk and p_starts_at + make_interval(mins => (p_visit).minutes) <= p_now then 'slot_closed:ended'
  when not p_by_desk and p_starts_at <= p_now then 'slot_closed:started'
  when not p_doctor_active then 'slot_closed:doctor_inactive'
  when not p_by_desk and p_starts_at < p_now + (p_visit).minimum_notice then 'slot_closed:minimum_notice'
  when not p_by_desk and p_starts_at > p_now + (p_visit).booking_horizon then 'slot_closed:booking_horizon'
end;
