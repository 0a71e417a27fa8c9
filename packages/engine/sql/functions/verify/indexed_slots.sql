-- indexed_slots: the slots of a resource that end after p_from and are not withdrawn, as far as the index of the
-- exclusion constraint has them.
--
-- Other indexes have the same slots. Only this one can return them in the order of a distance, so that the planner has
-- no other way without sorting them. The distance is btree_gist's, whose schema is not always the same.
--
-- Internal: called by verify_slots.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.indexed_slots(p_clinic_no integer, p_resource_id uuid, p_from timestamptz)
  returns setof uuid
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $function$
begin
  return query execute format(
    'select s.id from slot s
      where s.clinic_no = $1 and s.resource_id = $2 and s.withdrawn_at is null
        and tstzrange(s.starts_at, s.ends_at) && tstzrange($3, null)
      order by s.clinic_no operator(%I.<->) $1',
    (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'btree_gist'))
    using p_clinic_no, p_resource_id, p_from;
end
$function$;
