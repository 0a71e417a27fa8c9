-- restored_guardians: the guardians of a record without what a merge has made of the one who gets the messages
-- (getsMessages): where it changed that of an entry, and nobody has since, the entry is as it was before.
--
-- p_guardians: the guardians of the record. p_before, p_after: those before and after the merge. p_others: those of
-- other records, by which somebody gets the messages all the same.
-- Internal, for unmerge_patient. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.restored_guardians(p_guardians jsonb, p_before jsonb, p_after jsonb, p_others jsonb)
returns jsonb
language sql immutable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select coalesce(jsonb_agg(coalesce(b.guardian, g.guardian) order by g.n), '[]')
    from jsonb_array_elements(p_guardians) with ordinality g(guardian, n)
    left join jsonb_array_elements(p_before) b(guardian)
      on b.guardian - '{id,getsMessages}'::text[] = g.guardian - '{id,getsMessages}'::text[]
         and p_after @> jsonb_build_array(g.guardian - 'id') and not p_others @> jsonb_build_array(g.guardian - 'id')
$function$;
