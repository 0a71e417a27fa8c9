-- The records of a clinic's patients, which the operating theatre uses too.

-- Who a patient is, within the clinic. Cases have no other copy of it, so that an erasure removes it here alone. It is
-- also a resource: a case takes its patient.
create table holdfast.patient (
  clinic_no integer not null,
  id uuid not null,
  mrn text check (char_length(mrn) between 1 and 64),
  name text check (char_length(name) between 1 and 200),
  birth_date date,
  erased_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The patient is found by it if the record number is spelled in another way: see fold_record_number. null: an erased
  -- patient.
  record_key text,
  primary key (clinic_no, id),
  check (case when erased_at is null then num_nulls(mrn, name) = 0 else num_nonnulls(mrn, name, birth_date) = 0 end),
  constraint patient_record_key_check check (record_key is null or mrn is not null)
);
create unique index patient_mrn on holdfast.patient (clinic_no, mrn) where mrn is not null;
create unique index patient_record_key on holdfast.patient (clinic_no, record_key)
  where record_key is not null;
alter table holdfast.patient
  alter column mrn set statistics 0,
  alter column name set statistics 0,
  alter column birth_date set statistics 0,
  alter column record_key set statistics 0;
