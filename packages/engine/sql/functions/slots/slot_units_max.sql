-- slot_units_max: the most units that a slot may have, and so a booking. The constraints slot_capacity_check,
-- waitlist_entry_units_check and clinic_guest_units_max_check have the same number, and so has the contract:
-- slot-limits.test.ts. The planner replaces a call by it.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.slot_units_max() returns integer
language sql immutable parallel safe
return 1000000;
