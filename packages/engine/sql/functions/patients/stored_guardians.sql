-- stored_guardians: the guardians that a record has, and those of which only the undoing of its merge knows.
--
-- p_guardians, p_merge: those of the row of patient.
-- The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.stored_guardians(p_guardians jsonb, p_merge jsonb) returns jsonb
language sql immutable parallel safe
return p_guardians || coalesce(p_merge #> '{before,guardians}', '[]') || coalesce(p_merge #> '{after,guardians}', '[]');
