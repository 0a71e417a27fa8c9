-- late_ids: the ids of bookings whose events at p_at are late events (note_late_events) are lower: they are more than
-- 31 days old.
--
-- Stable, as the subtraction of days is: the planner replaces a call by this body.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.late_ids(p_at timestamptz) returns uuid
language sql stable strict parallel safe
return holdfast.id_floor(p_at - interval '31 days');
