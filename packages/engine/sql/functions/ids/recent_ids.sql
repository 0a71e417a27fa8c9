-- recent_ids: a constant below all ids that are not late_ids. Statements on recent bookings have it as a bound, so that
-- their stored plans leave older partitions out when they are planned, and neither lock nor visit them.
-- bound_recent_ids replaces it as time goes on. A plan that was stored before has a lower bound: it reads more, and
-- misses nothing.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.recent_ids() returns uuid
language sql immutable parallel safe
return '00000000-0000-0000-0000-000000000000'::uuid;
