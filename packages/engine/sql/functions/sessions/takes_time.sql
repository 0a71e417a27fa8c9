-- takes_time: whether a slot takes its doctor's time: it is not withdrawn and, if it is of a visit, not empty. The slot
-- of a visit is left when all its bookings were cancelled or failed, and then its time can be booked in another way
-- (docs/decisions/0037). time_of_slot says when.
--
-- The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.takes_time(p_slot holdfast.slot) returns boolean
language sql immutable
return (p_slot).withdrawn_at is null and ((p_slot).session_id is null or (p_slot).taken > 0);
