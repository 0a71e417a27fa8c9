-- units_max: the most units that a slot may have, and so a claim may ask for; the constraint slot_capacity_check has the
-- same number. The planner replaces a call by it.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.units_max() returns integer
language sql immutable parallel safe
return 1000000;
