-- erase_guardians: removes guardians from the records of their patients, with the copies by which merges of these are
-- undone. The patients and their records stay. Returns how many of the guardians it found.
--
-- The digests of the requests that created these records are replaced: a contact could be guessed from them. The keys
-- stay, so that a retry does not create a record again.
--
-- p_guardian_ids: those that patient.guardians has. They are searched in all records of the clinic, so that an erasure
--   can be repeated after a restore by these ids alone.
-- Locks: the records, as lock_with_merged; then the stored responses that name them.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.erase_guardians(p_clinic_no integer, p_guardian_ids uuid[]) returns integer
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
-- Stored responses of a whole day are never read for it.
set enable_seqscan = off
as $function$
declare
  v_ids constant uuid[] := lock_with_merged(p_clinic_no, array(
    select p.id from patient p
     where p.clinic_no = p_clinic_no
       and jsonb_path_query_array(stored_guardians(p.guardians, p.merge), '$[*].id') ?| p_guardian_ids::text[]));
  v_found_ids constant uuid[] := array(
    select distinct (g.guardian->>'id')::uuid
      from patient p
     cross join jsonb_array_elements(stored_guardians(p.guardians, p.merge)) g(guardian)
     where p.clinic_no = p_clinic_no and p.id = any (v_ids) and (g.guardian->>'id')::uuid = any (p_guardian_ids));
  v_changed_ids uuid[];
begin
  with changed as (
    update patient t
       set guardians = n.guardians, merge = n.merge
      from (select p.id, without_guardians(p.guardians, v_found_ids) as guardians,
                   jsonb_set(jsonb_set(p.merge, '{before,guardians}',
                                       without_guardians(p.merge #> '{before,guardians}', v_found_ids), false),
                             '{after,guardians}',
                             without_guardians(p.merge #> '{after,guardians}', v_found_ids), false) as merge
              from patient p where p.clinic_no = p_clinic_no and p.id = any (v_ids)) n
     where t.clinic_no = p_clinic_no and t.id = n.id
       and (t.guardians, t.merge) is distinct from (n.guardians, n.merge)
    returning t.id
  )
  select array_agg(c.id) into v_changed_ids from changed c;
  if v_changed_ids is null then
    return 0;
  end if;
  perform note_erasures(p_clinic_no, 'guardian', v_found_ids);
  update answer a set request_hash = gen_random_uuid() where a.ids && v_changed_ids;
  return cardinality(v_found_ids);
end
$function$;
