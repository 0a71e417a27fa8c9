-- are_seen_since: whether one of these records was changed at or after a time, or its patient had an appointment whose
-- link was removed since (last_visit_at).
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.are_seen_since(p_clinic_no integer, p_ids uuid[], p_at timestamptz) returns boolean
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select exists (select from patient t
                  where t.clinic_no = p_clinic_no and t.id = any (p_ids)
                    and greatest(t.updated_at, t.last_visit_at) >= p_at)
$function$;
