-- erase_guardians: removes people who act for patients from their records, with the copies by which merges of these are
-- undone. The patients and their records stay. Returns in how many records, merged ones included, it found somebody.
--
-- The digests of the requests that created these records are replaced: a contact could be guessed from them. The keys
-- stay, so that a retry does not create a record again.
--
-- p_patient_ids: the records, with which those that are merged with them (with_merged) are searched.
-- p_guardians: the entries to remove, as patient.guardians has them; null: all, for erasures that are repeated after a
--   restore. Their list has the ids of records, and nobody's contacts.
-- Locks: the records, as lock_with_merged; then the stored responses that name them.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.erase_guardians(p_clinic_no integer, p_patient_ids uuid[], p_guardians jsonb)
  returns integer
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
-- Stored responses of a whole day are never read for it.
set enable_seqscan = off
as $function$
declare
  v_ids constant uuid[] := lock_with_merged(p_clinic_no, p_patient_ids);
  v_changed_ids uuid[];
begin
  with changed as (
    update patient t
       set guardians = n.guardians, merge = n.merge
      from (select p.id, without_guardians(p.guardians, p_guardians) as guardians,
                   jsonb_set(jsonb_set(p.merge, '{before,guardians}',
                                       without_guardians(p.merge #> '{before,guardians}', p_guardians), false),
                             '{after,guardians}',
                             without_guardians(p.merge #> '{after,guardians}', p_guardians), false) as merge
              from patient p where p.clinic_no = p_clinic_no and p.id = any (v_ids)) n
     where t.clinic_no = p_clinic_no and t.id = n.id
       and (t.guardians, t.merge) is distinct from (n.guardians, n.merge)
    returning t.id
  )
  select array_agg(c.id) into v_changed_ids from changed c;
  if v_changed_ids is null then
    return 0;
  end if;
  perform note_erasures(p_clinic_no, 'guardians', v_changed_ids);
  update answer a set request_hash = gen_random_uuid() where a.ids && v_changed_ids;
  return cardinality(v_changed_ids);
end
$function$;
