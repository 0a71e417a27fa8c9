-- units_max: the most units that a slot may have, and so a claim may ask for. The constraints slot_capacity_check and
-- booking_units_check have the same number. The planner replaces a call by it.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.units_max() returns integer
language sql immutable parallel safe
return 1000000;
