-- note_erasures: remembers what was erased, so that it can be erased again after a restore.
--
-- Internal: called by the functions that erase.
-- Locks: the rows it writes.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.note_erasures(p_clinic_no integer, p_kind text, p_ids uuid[]) returns void
language sql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  insert into erasure (clinic_no, kind, id, erased_at)
  select p_clinic_no, p_kind, i.id, clock_timestamp() from unnest(p_ids) i(id) order by i.id
  on conflict (clinic_no, kind, id) do update set erased_at = excluded.erased_at;
$function$;
