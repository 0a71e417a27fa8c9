-- claim_facts_age_max: how old the facts of claims may be when their slots are locked; older ones are read again.
-- Reading them takes up to 10 ms for 512 claims. For claim_slots and claim_slot; the planner replaces a call by the
-- value.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.claim_facts_age_max() returns interval
language sql immutable parallel safe
return interval '20 ms';
