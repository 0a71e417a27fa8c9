-- patients_as_booked: the patients of claims that name a record. If the claim names a patient, that one; otherwise the
-- record's name, and its language if messages have it, with the contacts of the guardian who gets the messages, or else
-- of the record. The answers of the claim stay.
--
-- p_patient_ids: by request; null: it names no record.
-- Internal. Locks: none: a record that is changed meanwhile is booked as it was before. Fails: never. Idempotent: yes.
create or replace function holdfast.patients_as_booked(
  p_clinic_nos integer[], p_patient_ids uuid[], p_patients jsonb[]
) returns jsonb[]
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select array_agg(
           case when i.patient->>'name' = '' and t.name is not null
                then jsonb_strip_nulls(jsonb_build_object(
                       'name', t.name, 'answers', i.patient->'answers',
                       'language', (select l from unnest(array['en', 'de', 'ar']) l
                                     where l = lower(split_part(t.language, '-', 1))),
                       'email', case when g.guardian is null then t.email else g.guardian->>'email' end,
                       'phone', case when g.guardian is null then t.phone else g.guardian->>'phone' end))
                else i.patient end order by i.n)
    from unnest(p_clinic_nos, p_patient_ids, p_patients) with ordinality i(clinic_no, patient_id, patient, n)
    left join patient t on t.clinic_no = i.clinic_no and t.id = i.patient_id
    left join lateral (select e.guardian from jsonb_array_elements(t.guardians) with ordinality e(guardian, n)
                        where e.guardian->'getsMessages' = 'true' order by e.n limit 1) g on true
$function$;
