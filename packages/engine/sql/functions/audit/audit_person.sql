-- audit_person: the digest of the part of a row of the security log that says who it concerns, which can be erased.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.audit_person(p_event holdfast.audit_event) returns bytea
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select coalesce((p_event).erased, sha256((p_event).salt || convert_to(concat_ws(' ',
           coalesce((p_event).actor_id::text, '-'), coalesce((p_event).subject_id::text, '-'),
           coalesce((p_event).network::text, '-')), 'UTF8')))
$$;
