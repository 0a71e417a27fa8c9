-- time_of_visit: when a visit takes its doctor's time, if it begins at p_starts_at: with its buffers.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.time_of_visit(p_visit holdfast.offered_visit, p_starts_at timestamptz)
  returns tstzrange
language sql stable
return tstzrange(p_starts_at - make_interval(mins => (p_visit).buffer_before_minutes),
                 p_starts_at + make_interval(mins => (p_visit).minutes + (p_visit).buffer_after_minutes));
