-- block_is_for: whether a block's owner does not exclude a case: a block without an owner, or one of the case's service
-- or surgeon; services are the same if they differ only in capital letters (service_key). A block with a service and a
-- surgeon belongs to the surgeon's cases of that service, also in reports (server/src/rest/theatre-report).
--
-- Internal. The planner replaces a call by this body, which is a text because service_key is created later.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.block_is_for(p_block holdfast.block, p_service text, p_surgeon_id uuid)
  returns boolean
language sql stable
as $function$
select ((p_block).service is null
        or coalesce(holdfast.service_key((p_block).service) = holdfast.service_key(p_service), false))
   and ((p_block).surgeon_id is null or coalesce((p_block).surgeon_id = p_surgeon_id, false))
$function$;
