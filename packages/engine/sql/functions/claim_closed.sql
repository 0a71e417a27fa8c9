-- claim_closed: why a slot cannot be booked, judged by its row alone; null: it can. In the order in which reasons are
-- reported. For claim_verdict and, under the slots' locks, claim_slots. The planner replaces a call by this body.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.claim_closed(
  p_withdrawn_at timestamptz, p_starts_at timestamptz, p_blocked_at timestamptz, p_at timestamptz
) returns text
language sql immutable parallel safe
return case
  when p_withdrawn_at is not null then 'slot_closed:withdrawn'
  when p_starts_at <= p_at then 'slot_closed:started'
  when p_blocked_at is not null then 'slot_closed:doctor_busy'
end;
