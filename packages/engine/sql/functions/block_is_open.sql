-- block_is_open: whether a case may be booked in a block by whoever owns it: a block without an owner, one of the
-- case's service or surgeon, or one that is released: by hand, or because its day is near. A block with a service and a
-- surgeon belongs to the surgeon's cases of that service, also in reports (server/src/rest/theatre-report).
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.block_is_open(
  p_block holdfast.block, p_starts_at timestamptz, p_service text, p_surgeon_id uuid, p_now timestamptz
) returns boolean
language sql stable
return ((p_block).service is null or coalesce((p_block).service = p_service, false))
      and ((p_block).surgeon_id is null or coalesce((p_block).surgeon_id = p_surgeon_id, false))
    or coalesce(least((p_block).released_at, p_starts_at - make_interval(days => (p_block).release_days)) <= p_now,
                false);
