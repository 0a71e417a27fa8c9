-- without_guardians: the people who act for a patient (patient.guardians), without some of them.
--
-- p_stored: the entries; null: none. p_erased: those that go; null: all of them.
-- Internal: called by erase_guardians. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.without_guardians(p_stored jsonb, p_erased jsonb) returns jsonb
language sql immutable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select coalesce(jsonb_agg(g.guardian order by g.n), '[]')
    from jsonb_array_elements(p_stored) with ordinality g(guardian, n)
   where p_erased is not null
     and not exists (select from jsonb_array_elements(p_erased) e(guardian) where e.guardian = g.guardian)
$function$;
