-- audit_hash: the hash of a row of the security log after the row with the hash p_previous: SHA-256 of the version of
-- this format, p_previous, audit_content and audit_person.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.audit_hash(p_event holdfast.audit_event, p_previous bytea) returns bytea
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select sha256('holdfast audit 1'::bytea || p_previous || convert_to(audit_content(p_event), 'UTF8')
                || audit_person(p_event))
$$;
