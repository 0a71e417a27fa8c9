-- By which a patient of cases is found if the record number is spelled in another way: see fold_record_number, whose
-- definition when this was written follows. Of patients whose numbers differ in their spelling alone, because they were
-- stored before, the oldest has the key; the others are found by their exact numbers, as before. null: one of these, or
-- an erased patient.
create or replace function holdfast.fold_record_number(p_mrn text) returns text
language sql immutable parallel safe
return coalesce(nullif(
  regexp_replace(
    regexp_replace(
      regexp_replace(translate(lower(normalize(p_mrn, NFKC)), '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '01234567890123456789'),
                     '[\s\u00ad\u200b-\u200f\u2060\ufeff]+', '', 'g'),
      '[!-/:-@\[-`{-~\u2010-\u2015]+', '-', 'g'),
    '(?<![0-9])-|-(?![0-9])', '', 'g'),
  ''), p_mrn);

alter table holdfast.theatre_patient
  add column record_key text,
  add constraint theatre_patient_record_key_check check (record_key is null or mrn is not null);
-- As of the number itself (0080): statistics would outlive the erasure.
alter table holdfast.theatre_patient alter column record_key set statistics 0;
update holdfast.theatre_patient t
   set record_key = q.record_key
  from (select distinct on (k.clinic_no, k.record_key) k.clinic_no, k.id, k.record_key
          from (select clinic_no, id, created_at, holdfast.fold_record_number(mrn) as record_key
                  from holdfast.theatre_patient where mrn is not null) k
         order by k.clinic_no, k.record_key, k.created_at, k.id) q
 where t.clinic_no = q.clinic_no and t.id = q.id;
create unique index theatre_patient_record_key on holdfast.theatre_patient (clinic_no, record_key)
  where record_key is not null;
