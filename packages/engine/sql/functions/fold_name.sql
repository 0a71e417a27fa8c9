-- fold_name: what two spellings of a person's name have in common: upper and lower case, and how many spaces there are
-- between and around its parts, are ignored. This is the only definition of the rule.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.fold_name(p_name text) returns text
language sql immutable parallel safe
return lower(btrim(regexp_replace(p_name, '\s+', ' ', 'g')));
