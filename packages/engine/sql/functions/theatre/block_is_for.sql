-- block_is_for: whether a block's owner does not exclude a case: a block without an owner, or one of the case's service
-- (are_same_service) or surgeon. A block with a service and a surgeon belongs to the surgeon's cases of that service,
-- also in reports (server/src/rest/theatre-report).
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.block_is_for(p_block holdfast.block, p_service text, p_surgeon_id uuid)
  returns boolean
language sql stable
return ((p_block).service is null or coalesce(holdfast.are_same_service((p_block).service, p_service), false))
   and ((p_block).surgeon_id is null or coalesce((p_block).surgeon_id = p_surgeon_id, false));
