-- hold_seems_lapsed: hold_lapsed for readers, of a booking that is not locked: a confirmation or an extension of the
-- hold may be in flight. A caller that writes by it locks the booking and decides by hold_lapsed;
-- lapse-deciders.test.ts checks it.
--
-- Internal. The planner replaces a call by this body, as it does for hold_lapsed.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.hold_seems_lapsed(p_status text, p_hold_expires_at timestamptz, p_at timestamptz)
  returns boolean
language sql immutable parallel safe
return holdfast.hold_lapsed(p_status, p_hold_expires_at, p_at);
