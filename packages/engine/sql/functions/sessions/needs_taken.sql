-- needs_taken: the outcome of a claim or move for which no room or device is free: the missing needs of units_for_visit
-- in base64, because outcomes come in arrays of plain values, which have no quotes.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.needs_taken(p_missing jsonb) returns text
language sql immutable
return 'needs_taken:' || translate(encode(convert_to(p_missing::text, 'UTF8'), 'base64'), E'\n', '');
