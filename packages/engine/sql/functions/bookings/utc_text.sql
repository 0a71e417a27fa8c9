-- utc_text: a time as it is written in JSON, such as 2026-11-30T09:00:00.000Z.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.utc_text(p_time timestamptz) returns text
language sql immutable
return to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
