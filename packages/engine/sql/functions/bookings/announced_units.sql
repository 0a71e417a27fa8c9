-- announced_units: what to announce when units of a slot have become free. available: the free units. lapses_in_ms:
-- when its next hold lapses, in milliseconds from p_at; zero or less: some have lapsed, and `available` leaves their
-- units out; null: it has no holds. A withdrawn or blocked slot has 0 and null.
-- calendar-reads.ts has the same rule for withdrawn and blocked slots; it counts lapsed holds as free.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none; the caller has locked the slot. Fails: never. Idempotent: yes.
create or replace function holdfast.announced_units(
  p_withdrawn_at timestamptz, p_blocked_at timestamptz, p_capacity integer, p_taken integer, p_next_lapse timestamptz,
  p_at timestamptz
) returns table (available integer, lapses_in_ms float8)
language sql immutable parallel safe
begin atomic
  select case when o.is_open then p_capacity - p_taken else 0 end,
         case when o.is_open then date_part('epoch', p_next_lapse - p_at) * 1000 end
    from (select p_withdrawn_at is null and p_blocked_at is null as is_open) o;
end;
