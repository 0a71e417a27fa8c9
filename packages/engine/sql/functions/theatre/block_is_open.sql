-- block_is_open: whether the ownership of a block lets a case be booked in it: a block for it (block_is_for), or one
-- that is released: by hand, or because its day is near.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.block_is_open(
  p_block holdfast.block, p_starts_at timestamptz, p_service text, p_surgeon_id uuid, p_now timestamptz
) returns boolean
language sql stable
return holdfast.block_is_for(p_block, p_service, p_surgeon_id)
    or coalesce(least((p_block).released_at, p_starts_at - make_interval(days => (p_block).release_days)) <= p_now,
                false);
