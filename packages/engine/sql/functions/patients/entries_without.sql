-- entries_without: the entries of one list, such as the flags or guardians of a record, that another list does not
-- have. A guardian is the same one in each record, and whoever gets the messages (getsMessages).
--
-- p_entries: null: none.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.entries_without(p_entries jsonb, p_removed jsonb) returns jsonb
language sql immutable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select coalesce(jsonb_agg(e.entry order by e.n), '[]')
    from jsonb_array_elements(p_entries) with ordinality e(entry, n)
   where not exists (
     select from jsonb_array_elements(p_removed) r(entry)
      where case when jsonb_typeof(r.entry) = 'object' then r.entry - '{id,getsMessages}'::text[] else r.entry end
            = case when jsonb_typeof(e.entry) = 'object' then e.entry - '{id,getsMessages}'::text[] else e.entry end)
$function$;
