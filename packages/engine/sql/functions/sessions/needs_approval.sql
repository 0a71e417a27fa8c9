-- needs_approval: whether the clinic has to agree before a booking of a visit type is made: not to what its own people
-- book (p_on_behalf). For claims, confirmations, moves and offers; the planner replaces a call by this body.
--
-- p_approval: the approval of the visit type; null: there is no type.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.needs_approval(p_approval text, p_on_behalf boolean) returns boolean
language sql immutable parallel safe
return not p_on_behalf and coalesce(p_approval, 'none') <> 'none';
