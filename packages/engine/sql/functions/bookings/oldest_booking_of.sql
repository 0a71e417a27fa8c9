-- oldest_booking_of: slot.oldest_booking_at once a booking that was created at p_created_at is in the slot. Bookings
-- that are older than their slot were moved into it; or the slot was created while the database's clock was ahead.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.oldest_booking_of(
  p_oldest_booking_at timestamptz, p_slot_created_at timestamptz, p_created_at timestamptz
) returns timestamptz
language sql immutable parallel safe
return case when p_created_at < p_slot_created_at then least(p_oldest_booking_at, p_created_at)
            else p_oldest_booking_at end;
