-- set_merged_fields: sets the fields that a merge of records, or its undoing, may change. What the record is found by
-- changes with it, also if no field does: see search_text_of_patient.
--
-- p_fields: those of a row of patient, as to_jsonb has them.
-- Internal: called by merge_patients and unmerge_patient, which have locked the record.
-- Locks: none besides. Fails: 23505 if another record has its number or one of its identifiers. Idempotent: yes.
create or replace function holdfast.set_merged_fields(p_clinic_no integer, p_id uuid, p_fields jsonb) returns void
language sql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  update patient t
     set name = n.name, birth_date = n.birth_date, sex = n.sex, phone = n.phone, email = n.email, address = n.address,
         language = n.language, mrn = n.mrn, flags = n.flags, notes = n.notes, identifiers = n.identifiers,
         guardians = n.guardians
    from jsonb_populate_record(null::patient, p_fields) n
   where t.clinic_no = p_clinic_no and t.id = p_id
$function$;
