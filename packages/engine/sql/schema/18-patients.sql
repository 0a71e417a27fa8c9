-- The records of a clinic's patients, which the operating theatre uses too.

-- Who a patient is, within the clinic. Cases have no other copy of it, so an erasure removes it here alone. It is also
-- a resource: a case takes its patient.
create table holdfast.patient (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  mrn text check (char_length(mrn) between 1 and 64),
  name text check (char_length(name) between 1 and 200),
  birth_date date,
  erased_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The patient is found by it if the record number is spelled in another way: see fold_record_number.
  record_key text,
  sex text check (sex in ('female', 'male', 'other')),
  phone text check (char_length(phone) between 1 and 50),
  email text check (char_length(email) between 3 and 254),
  address text check (char_length(address) between 1 and 500),
  -- A BCP 47 tag: what the patient speaks.
  language text check (char_length(language) between 2 and 35),
  -- What the staff has to provide for, such as an interpreter.
  flags text[] not null default '{}' check (cardinality(flags) <= 20),
  notes text check (char_length(notes) between 1 and 2000),
  -- Of other systems, [{system, value}]: see patient_identifier.
  identifiers jsonb not null default '[]' check (jsonb_typeof(identifiers) = 'array'),
  -- Increases with every change, so that nobody overwrites what they have not read.
  version integer not null default 1,
  -- What records are sorted by, and searched in: see fold_patient.
  name_key text,
  search_text text,
  -- The start of the last appointment whose link was removed with it, as it was archived or erased: see remove_links.
  last_visit_at timestamptz,
  -- By which likely duplicates are found: see identity_keys.
  email_key text,
  phone_key text,
  -- The record of the same patient that stays, which has no such record itself: see merge_patients. What is linked to
  -- this one stays so, and is shown with the other.
  merged_into uuid,
  -- What the merge has changed, by which it is undone: {at, by, into, before, after, own}. `into` is the record that it
  -- was merged into, which may have been merged into merged_into since; `before` and `after` are of its fields, and
  -- `own` of this record: what was moved to the other.
  merge jsonb,
  -- Who acts for the patient, [{id, name, relation, phone, email, getsMessages}]: with getsMessages, the contacts are
  -- those of bookings that the desk makes for the record (patients_as_booked). The trigger adds the ids, by which
  -- erasures are repeated (erase_guardians); nobody else gets them.
  guardians jsonb not null default '[]'
    check (jsonb_typeof(guardians) = 'array' and jsonb_array_length(guardians) <= 3),
  primary key (clinic_no, id),
  constraint patient_merged_check check (
    (merged_into is null) = (merge is null) and merged_into <> id and (merged_into is null or erased_at is null)
  ),
  constraint patient_erased_check check (
         case when erased_at is null then name is not null
              else num_nonnulls(mrn, name, birth_date, sex, phone, email, address, language, notes, last_visit_at) = 0
                   and flags = '{}' and identifiers = '[]' and guardians = '[]' end)
);
create unique index patient_mrn on holdfast.patient (clinic_no, mrn) where mrn is not null;
create unique index patient_record_key on holdfast.patient (clinic_no, record_key) where record_key is not null;
-- The list, and each search, which goes through it.
create index patient_list on holdfast.patient (clinic_no, name_key, id)
  where erased_at is null and merged_into is null;
create index patient_merged_into on holdfast.patient (clinic_no, merged_into) where merged_into is not null;
-- Likely duplicates.
create index patient_birth_date on holdfast.patient (clinic_no, birth_date) where birth_date is not null;
create index patient_email_key on holdfast.patient (clinic_no, email_key) where email_key is not null;
create index patient_phone_key on holdfast.patient (clinic_no, phone_key) where phone_key is not null;
-- What the retention looks at.
create index patient_updated_at on holdfast.patient (clinic_no, updated_at) where erased_at is null;
alter table holdfast.patient
  alter column mrn set statistics 0,
  alter column name set statistics 0,
  alter column birth_date set statistics 0,
  alter column record_key set statistics 0,
  alter column phone set statistics 0,
  alter column email set statistics 0,
  alter column address set statistics 0,
  alter column notes set statistics 0,
  alter column flags set statistics 0,
  alter column identifiers set statistics 0,
  alter column guardians set statistics 0,
  alter column name_key set statistics 0,
  alter column search_text set statistics 0,
  alter column email_key set statistics 0,
  alter column phone_key set statistics 0,
  alter column merge set statistics 0;

-- Which record has which identifier: one, in a clinic. The trigger of patient writes it, and nothing else.
create table holdfast.patient_identifier (
  clinic_no integer not null,
  system text not null check (char_length(system) between 1 and 200),
  value text not null check (char_length(value) between 1 and 200),
  patient_id uuid not null,
  primary key (clinic_no, system, value),
  foreign key (clinic_no, patient_id) references holdfast.patient (clinic_no, id)
);
create index patient_identifier_patient on holdfast.patient_identifier (clinic_no, patient_id);
alter table holdfast.patient_identifier alter column value set statistics 0;

-- Everybody who writes a record gets these right: the desk, the claims of cases, erasures.
create function holdfast.fold_patient() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  new.record_key := fold_record_number(new.mrn);
  -- A letter may become up to 18: an entry of an index has to be shorter than that.
  new.name_key := left(coalesce(nullif(fold_letters(new.name), ''), new.name), 200);
  new.email_key := nullif(lower(btrim(new.email)), '');
  new.phone_key := fold_phone(new.phone);
  -- A copy of a clinic has it already: other records may be copied later.
  if tg_op = 'UPDATE' or new.search_text is null then
    new.search_text := search_text_of_patient(new);
  end if;
  if jsonb_path_exists(new.guardians, '$[*] ? (!exists (@.id))') then
    new.guardians := guardians_with_ids(
      new.clinic_no, new.guardians, case tg_op when 'UPDATE' then old.guardians else '[]' end);
  end if;
  -- A visit is none of the desk's changes.
  if tg_op = 'UPDATE' and (new.erased_at is not null or new.last_visit_at is not distinct from old.last_visit_at) then
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
  end if;
  return new;
end
$$;
create trigger fold_patient before insert or update on holdfast.patient for each row
  execute function holdfast.fold_patient();

create function holdfast.index_patient_identifiers() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  delete from patient_identifier i where i.clinic_no = new.clinic_no and i.patient_id = new.id;
  insert into patient_identifier (clinic_no, system, value, patient_id)
  select new.clinic_no, i.system, i.value, new.id
    from jsonb_to_recordset(new.identifiers) i(system text, value text) order by i.system, i.value;
  return null;
end
$$;
create trigger index_patient_identifiers after insert on holdfast.patient for each row
  when (new.identifiers <> '[]') execute function holdfast.index_patient_identifiers();
create trigger reindex_patient_identifiers after update on holdfast.patient for each row
  when (new.identifiers <> old.identifiers) execute function holdfast.index_patient_identifiers();

-- Whose booking it is, as the staff has decided: a booking has no record of itself, and never changes one. A case has
-- its patient in theatre_case.
create table holdfast.booking_patient (
  clinic_no integer not null,
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  patient_id uuid not null,
  linked_by uuid,
  linked_at timestamptz not null,
  primary key (clinic_no, booking_id),
  foreign key (clinic_no, patient_id) references holdfast.patient (clinic_no, id)
);
create index booking_patient_patient on holdfast.booking_patient (clinic_no, patient_id, booking_id);
