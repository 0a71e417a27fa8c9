-- hold_lapsed: whether a booking is a hold that has ended by p_at. From then on the booking reads as FAILED
-- `hold_expired` and its units count as free, whether or not its row says so already.
--
-- For who has locked the booking; others use hold_seems_lapsed.
-- Internal. The planner replaces a call by this body, so that the indexes of holds are used: inlined-rules.test.ts
--   checks it. Queries outside of functions have the same rule as text (database/hold-sql.ts), which costs less to
--   plan.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.hold_lapsed(p_status text, p_hold_expires_at timestamptz, p_at timestamptz)
  returns boolean
language sql immutable parallel safe
return p_status = 'PENDING' and p_hold_expires_at <= p_at;
