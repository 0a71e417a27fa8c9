-- starts_within: how many starts the grid of a session has from p_from until before p_to, rounded up.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.starts_within(
  s holdfast.open_session, p_from timestamptz, p_to timestamptz
) returns numeric
language sql immutable parallel safe
return 1 + extract(epoch from least(s.ends_at, p_to) - greatest(s.starts_at, p_from)) / 60 / s.grid_minutes;
