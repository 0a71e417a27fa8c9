-- claim_verdict: why a claim cannot be booked, as far as a plain read can tell, in the order in which reasons are
-- reported; null: it may have room. For claim_slot, claim_slots and move_booking; the planner replaces a call by this
-- body. What may change before the slots are locked (claim_closed, full) is checked again by claim_slots and
-- claim_slot, under the lock. claim-verdicts.test.ts tries each rule, and each pair of rules, on both claim functions.
--
-- p_by_desk: a member of the clinic books for somebody; see claim_closed. The clinic's minimum notice and booking
-- horizon bind patients only.
-- p_kind: the kind of the slot's resource, or `visit`: the slot is of a visit in a session, which claim_times books.
-- Only slots of doctors are booked and moved to here: for appointments, a block of an operating room does not exist.
-- case_conflicts.sql judges cases.
-- A known key comes first: a retry gets the first response, however full the slot is now.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.claim_verdict(
  p_now timestamptz, p_prior uuid, p_prior_hash uuid, p_hash uuid, p_slot_id uuid, p_withdrawn_at timestamptz,
  p_blocked_at timestamptz, p_starts_at timestamptz, p_ends_at timestamptz, p_by_desk boolean, p_kind text,
  p_doctor_active boolean, p_minimum_notice interval, p_booking_horizon interval, p_type text, p_types text[],
  p_units integer, p_capacity integer, p_taken integer, p_next_lapse timestamptz
) returns text
language sql stable
return case
  when p_prior is not null then case when p_prior_hash = p_hash then 'replayed' else 'key_reused' end
  when p_slot_id is null or p_kind <> 'doctor' then 'slot_missing'
  else coalesce(
    holdfast.claim_closed(p_withdrawn_at, p_starts_at, p_ends_at, p_by_desk, p_blocked_at, p_now),
    case
      when not p_doctor_active then 'slot_closed:doctor_inactive'
      when not p_by_desk and p_starts_at < p_now + p_minimum_notice then 'slot_closed:minimum_notice'
      when not p_by_desk and p_starts_at > p_now + p_booking_horizon then 'slot_closed:booking_horizon'
      when p_type <> all (p_types) then 'appointment_type_not_offered'
      when p_units > p_capacity then 'units_over_capacity'
      when p_taken + p_units > p_capacity and (p_next_lapse is null or p_next_lapse > p_now) then 'slot_full'
    end)
end;
