-- What patients book at a clinic: visit types, such as a first visit of 40 minutes. Never deleted: `active` is switched
-- off.

create table holdfast.visit_type (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  -- Of a combination (part_ids): the names, and what has to be prepared, of all its parts.
  name text not null check (char_length(name) between 1 and case when part_ids is null then 100 else 520 end),
  -- Its name in other languages: {language: name}.
  names jsonb not null default '{}' check (names - array['en', 'de', 'ar'] = '{}'),
  -- How long a visit is, and how long the doctor stays taken before and after it.
  minutes integer not null check (minutes between 1 and 1440),
  buffer_before_minutes integer not null default 0 check (buffer_before_minutes between 0 and 240),
  buffer_after_minutes integer not null default 0 check (buffer_after_minutes between 0 and 240),
  fee_amount integer check (fee_amount between 0 and 1000000000),
  fee_currency text check (fee_currency ~ '^[A-Z]{3}$'),
  appointment_types text[] not null default '{in_person}'
    check (appointment_types <@ '{in_person,video}' and cardinality(appointment_types) between 1 and 2),
  -- anyone; patients whom the clinic has seen before; or only the clinic's people, for patients.
  bookable_by text not null default 'anyone' check (bookable_by in ('anyone', 'known_patients', 'desk')),
  -- Instead of the clinic's settings; null: as the clinic's.
  minimum_notice_minutes integer check (minimum_notice_minutes between 0 and 525600),
  booking_horizon_days integer check (booking_horizon_days between 1 and 730),
  cancellation_deadline_minutes integer check (cancellation_deadline_minutes between 0 and 525600),
  -- How many units a visit has; above 1, it is a group.
  capacity integer not null default 1 check (capacity between 1 and 1000),
  -- What patients have to do before the visit, such as coming fasting.
  preparation text check (char_length(preparation) between 1 and case when part_ids is null then 2000 else 10010 end),
  color text check (color in ('gray', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple')),
  -- The place in lists, the smallest first; visit types with the same one are in the order of their names.
  position integer not null default 0 check (position between 0 and 1000000),
  active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- What a visit takes beside the doctor: a consulting room, of these or, if there are none, any of the clinic; and a
  -- unit of each of these devices.
  needs_room boolean not null default false,
  room_ids uuid[] not null default '{}' check (cardinality(room_ids) <= 100),
  device_ids uuid[] not null default '{}' check (cardinality(device_ids) <= 5),
  -- What patients are asked when they book it, in order: [{id, kind, label, labels, required, choices, version}].
  questions jsonb not null default '[]'
    check (jsonb_typeof(questions) = 'array' and jsonb_array_length(questions) <= 12),
  -- The version of the question that was changed last. What is changed in a question gets the next one, so that no
  -- version is that of two texts.
  questions_version integer not null default 0 check (questions_version >= 0),
  -- Whether the clinic has to agree to what a patient books. holding: until it answers, the time is held for the
  -- patient: docs/decisions/0043. not_holding: it stays free for others: docs/decisions/0044. And for how long the
  -- clinic may answer, until the visit begins at most.
  approval text not null default 'none' check (approval in ('none', 'holding', 'not_holding')),
  approval_minutes integer not null default 2880 check (approval_minutes between 15 and 20160),
  -- Whether it can be booked together with others, as one visit.
  combinable boolean not null default false,
  -- A combination of these visit types, sorted, from which all else is derived: docs/decisions/0045.
  part_ids uuid[] check (cardinality(part_ids) between 2 and 5),
  -- Its ids in other systems, [{system, value}]: see external_id.
  external_ids jsonb not null default '[]' check (jsonb_typeof(external_ids) = 'array'),
  primary key (clinic_no, id),
  constraint visit_type_rooms check (needs_room or room_ids = '{}'),
  check ((fee_amount is null) = (fee_currency is null)),
  constraint visit_type_names_are_names
    check (part_ids is not null
           or not jsonb_path_exists(names, 'strict $.* ? (@.type() <> "string" || !(@ like_regex "^.{1,100}$"))'))
);

create unique index visit_type_parts on holdfast.visit_type (clinic_no, part_ids) where part_ids is not null;

-- Who offers a visit type, and what is different there; null: as the visit type's. A visit type without a row is
-- offered by all doctors of the clinic.
create table holdfast.visit_type_doctor (
  clinic_no integer not null,
  visit_type_id uuid not null,
  resource_id uuid not null,
  minutes integer check (minutes between 1 and 1440),
  buffer_before_minutes integer check (buffer_before_minutes between 0 and 240),
  buffer_after_minutes integer check (buffer_after_minutes between 0 and 240),
  fee_amount integer check (fee_amount between 0 and 1000000000),
  fee_currency text check (fee_currency ~ '^[A-Z]{3}$'),
  primary key (clinic_no, visit_type_id, resource_id),
  foreign key (clinic_no, visit_type_id) references holdfast.visit_type (clinic_no, id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  check ((fee_amount is null) = (fee_currency is null))
);

-- Changes for directory_change, once for each statement and clinic: a visit type may be of all its doctors.
create function holdfast.note_visit_type_change() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no) select distinct clinic_no from changed;
  return null;
end
$$;
create trigger note_new after insert on holdfast.visit_type
  referencing new table as changed for each statement execute function holdfast.note_visit_type_change();
create trigger note_change after update on holdfast.visit_type
  referencing new table as changed for each statement execute function holdfast.note_visit_type_change();
create trigger note_new after insert on holdfast.visit_type_doctor
  referencing new table as changed for each statement execute function holdfast.note_visit_type_change();
create trigger note_change after update on holdfast.visit_type_doctor
  referencing new table as changed for each statement execute function holdfast.note_visit_type_change();
create trigger note_removal after delete on holdfast.visit_type_doctor
  referencing old table as changed for each statement execute function holdfast.note_visit_type_change();
create trigger index_external_ids after insert on holdfast.visit_type for each row
  when (new.external_ids <> '[]') execute function holdfast.index_external_ids('visit_type');
create trigger reindex_external_ids after update on holdfast.visit_type for each row
  when (new.external_ids <> old.external_ids) execute function holdfast.index_external_ids('visit_type');
