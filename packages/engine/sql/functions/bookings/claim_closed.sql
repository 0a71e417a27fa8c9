-- claim_closed: why a slot cannot be booked, judged by its row alone; null: it can. In the order in which reasons are
-- reported. For claim_verdict and, under the slots' locks, claim_slots and claim_slot. The planner replaces a call by
-- this body.
--
-- p_by_desk: a member of the clinic books for somebody. For patients a slot closes when it begins, for the desk when it
-- ends: a patient who comes late, or without an appointment, is still seen.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.claim_closed(
  p_withdrawn_at timestamptz, p_starts_at timestamptz, p_ends_at timestamptz, p_by_desk boolean,
  p_blocked_at timestamptz, p_at timestamptz
) returns text
language sql immutable parallel safe
return case
  when p_withdrawn_at is not null then 'slot_closed:withdrawn'
  when p_by_desk and p_ends_at <= p_at then 'slot_closed:ended'
  when not p_by_desk and p_starts_at <= p_at then 'slot_closed:started'
  when p_blocked_at is not null then 'slot_closed:doctor_busy'
end;
