-- without_guardians: the guardians of a patient (patient.guardians) without those with these ids.
--
-- p_stored: the guardians; null: none.
-- Internal: called by erase_guardians. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.without_guardians(p_stored jsonb, p_ids uuid[]) returns jsonb
language sql immutable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select coalesce(jsonb_agg(g.guardian order by g.n), '[]')
    from jsonb_array_elements(p_stored) with ordinality g(guardian, n)
   where (g.guardian->>'id')::uuid <> all (p_ids)
$function$;
