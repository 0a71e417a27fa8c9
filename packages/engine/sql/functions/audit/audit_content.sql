-- audit_content: the part of a sealed row of the security log that is never erased, as the text that its hash covers.
-- The time is in microseconds since 1970. `holdfast audit verify` builds the same text from the columns.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.audit_content(p_event holdfast.audit_event) returns text
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select concat_ws(' ', (p_event).clinic_no, (p_event).epoch, (p_event).no,
                   (extract(epoch from (p_event).at) * 1000000)::bigint, (p_event).kind, (p_event).count,
                   (p_event).actor_kind, (p_event).subjects, (p_event).details)
$$;
