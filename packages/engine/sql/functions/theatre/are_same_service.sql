-- are_same_service: whether two texts name one service of a theatre: they differ only in capital letters, by Unicode,
-- whatever the locale of the database; `İ` is `i`, and `ς` is `σ`. serviceKey in vocabulary is the same rule
-- (same-services.test.ts compares them), but for capitals that are newer than the ICU of the database.
--
-- The planner replaces a call by this body. It needs a PostgreSQL with ICU.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.are_same_service(p_one text, p_other text) returns boolean
language sql immutable parallel safe
return replace(replace(lower(p_one collate "und-x-icu"), U&'i\0307', 'i'), 'ς', 'σ')
     = replace(replace(lower(p_other collate "und-x-icu"), U&'i\0307', 'i'), 'ς', 'σ');
