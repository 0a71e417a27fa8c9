-- has_left: whether an allocation of a case is of somebody who was relieved, and is not of its team any more. It ended
-- then, however long the case takes. This is the only definition of the rule.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.has_left(p_kind text, p_resource_id uuid, p_case holdfast.theatre_case)
  returns boolean
language sql immutable
return p_kind in ('anaesthetist', 'staff') and p_resource_id is distinct from (p_case).anaesthetist_id
  and p_resource_id <> all ((p_case).staff_ids);
