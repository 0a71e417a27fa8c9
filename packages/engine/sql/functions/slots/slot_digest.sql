-- slot_digest: the first 64 bits of a SHA-256 of what a slot is: its id, resource, times and capacity, and since when
-- it is withdrawn or blocked, if it is, and its visit (visit_of_slot). It is stored where these are written, so that
-- verify finds a slot that was changed by other means than the functions. A claim does not read it.
--
-- Internal: the application's role may not execute it.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.slot_digest(
  p_id uuid, p_resource_id uuid, p_starts_at timestamptz, p_ends_at timestamptz, p_capacity integer,
  p_withdrawn_at timestamptz, p_blocked_at timestamptz, p_visit text default null
) returns bytea
language sql stable parallel safe
return substr(sha256(convert_to(concat_ws(' ', p_id, p_resource_id, extract(epoch from p_starts_at),
                                          extract(epoch from p_ends_at), p_capacity,
                                          'withdrawn ' || extract(epoch from p_withdrawn_at),
                                          'blocked ' || extract(epoch from p_blocked_at),
                                          'visit ' || p_visit), 'UTF8')), 1, 8);
