-- natural_order: what names are sorted by so that people find them: their numbers by value, OR 2 before OR 10, and
-- letters without regard to case; other letters than A to Z as the database's collation has them. This is the only
-- definition of the rule in SQL.
--
-- The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.natural_order(p_name text) returns text
language sql immutable strict parallel safe
return regexp_replace(regexp_replace(lower(p_name), '(\d+)', '000000000000\1', 'g'), '\d*(\d{12})(?!\d)', '\1', 'g');
