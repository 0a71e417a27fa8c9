-- service_key: what the spellings of a service have in common that differ only in capital letters, by Unicode, whatever
-- the locale of the database; `İ` is `i`, and `ς` is `σ`. serviceKey in vocabulary is the same rule
-- (service-key.test.ts compares them).
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.service_key(p_service text) returns text
language sql immutable parallel safe
return replace(replace(lower(p_service collate "und-x-icu"), U&'i\0307', 'i'), 'ς', 'σ');
