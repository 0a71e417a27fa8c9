-- Clinics, and what can be booked there.

create sequence holdfast.clinic_no_seq as integer minvalue 1 maxvalue 16777215;

create table holdfast.clinic (
  no integer primary key check (no between 1 and 16777215),
  id uuid not null unique check (holdfast.clinic_no_of(id) = no),
  name text not null check (char_length(name) between 1 and 200),
  timezone text not null check (char_length(timezone) between 1 and 64),
  address text check (char_length(address) <= 500),
  phone text check (char_length(phone) <= 50),
  hold_seconds integer not null default 120 check (hold_seconds between 30 and 900),
  minimum_notice_minutes integer not null default 0 check (minimum_notice_minutes between 0 and 525600),
  booking_horizon_days integer not null default 730 check (booking_horizon_days between 1 and 730),
  cancellation_deadline_minutes integer not null default 0 check (cancellation_deadline_minutes between 0 and 525600),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- How many bookings people may make at once, so that nobody fills the calendar. They bind guests and accounts that
  -- book for themselves, never the clinic's people.
  guest_units_max integer not null default 4 check (guest_units_max between 1 and 1000000),
  address_holds_max integer not null default 10 check (address_holds_max between 1 and 1000),
  address_bookings_max integer not null default 40 check (address_bookings_max between 1 and 1000),
  account_holds_max integer not null default 5 check (account_holds_max between 1 and 1000),
  account_bookings_max integer not null default 20 check (account_bookings_max between 1 and 1000),
  contact_holds_max integer not null default 3 check (contact_holds_max between 1 and 1000),
  contact_bookings_max integer not null default 10 check (contact_bookings_max between 1 and 1000),
  -- After how many months patients are erased from bookings, counted from the start of the appointment; 0: never.
  patient_data_months integer not null default 0 check (patient_data_months between 0 and 120),
  -- Whether the clinic's people may use their roles only in sessions that were started with a second factor.
  roles_need_second_factor boolean not null default false,
  -- A hold can be extended up to this many times, each time by hold_seconds.
  hold_extensions_max integer not null default 5 check (hold_extensions_max between 0 and 20),
  -- Before this time the retention erases nobody: it is set when patients are to be erased earlier than before, so that
  -- a mistake can be undone. null: there is nothing to wait for.
  patient_data_erased_from timestamptz,
  -- How long an offer of the waitlist is open at most, and how long before the visit it ends at the latest.
  waitlist_offer_minutes integer not null default 30 check (waitlist_offer_minutes between 5 and 240),
  waitlist_notice_minutes integer not null default 60 check (waitlist_notice_minutes between 0 and 10080),
  -- Whether the calendar feeds of the clinic and of its doctors name the patients.
  feed_patient_names boolean not null default false,
  -- After how many days messages to patients are deleted (purge_outdated).
  message_days integer not null default 180 check (message_days between 7 and 730),
  -- Its ids in other systems, [{system, value}]: see external_id.
  external_ids jsonb not null default '[]' check (jsonb_typeof(external_ids) = 'array')
);
-- A site administrator's rights list these clinics.
create index clinic_roles_need_second_factor on holdfast.clinic (no) where roles_need_second_factor;

-- What changes a response about doctors and their times is announced to the servers' caches: see directory_change.
-- Triggers do it, so that no way of changing it can forget it.
create function holdfast.note_clinic_change() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no) values (new.no);
  return null;
end
$$;
create trigger note_change after insert or update on holdfast.clinic
  for each row execute function holdfast.note_clinic_change();

-- A clinic's logo, for its e-mails and its page. Not in clinic: lists of clinics would read the image.
create table holdfast.clinic_logo (
  clinic_no integer primary key references holdfast.clinic (no),
  media_type text not null check (media_type in ('image/png', 'image/jpeg', 'image/webp')),
  image bytea not null check (octet_length(image) <= 204800),
  width integer not null check (width between 1 and 1200),
  height integer not null check (height between 1 and 1200),
  -- The digest of the image: its URL has it, so that a new image gets a new one.
  digest text not null check (char_length(digest) = 43),
  updated_at timestamptz not null default now()
);
-- It is compressed already.
alter table holdfast.clinic_logo alter column image set storage external;

create function holdfast.note_logo_change() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no) values (coalesce(new.clinic_no, old.clinic_no));
  return null;
end
$$;
create trigger note_logo_change after insert or update or delete on holdfast.clinic_logo
  for each row execute function holdfast.note_logo_change();

create table holdfast.specialization (
  name text primary key check (char_length(name) between 1 and 100)
);

-- What can be booked. `units` are its identical places for allocations (three infusion pumps: 3); a doctor's places
-- are the capacities of the slots. Never deleted: `active` is switched off.
create table holdfast.resource (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  -- open_time: what the slots of a room's open time belong to, so that they may overlap its blocks. A patient has no
  -- name here: see patient. consulting_room, device: what visits take beside the doctor; equipment and operating rooms
  -- are the theatre's.
  kind text not null check (kind in ('doctor', 'operating_room', 'open_time', 'equipment', 'staff', 'patient',
                                     'consulting_room', 'device')),
  name text not null check (char_length(name) between 1 and 200),
  units integer not null default 1 check (units between 1 and 1000000),
  active boolean not null default true,
  specialization text references holdfast.specialization (name),
  experience_years integer check (experience_years between 0 and 80),
  rating numeric(2, 1) check (rating between 0 and 5),
  languages text[] not null default '{}' check (cardinality(languages) <= 20),
  fee_amount integer check (fee_amount between 0 and 1000000000),
  fee_currency text check (fee_currency ~ '^[A-Z]{3}$'),
  appointment_types text[] not null default '{in_person}'
    check (appointment_types <@ '{in_person,video}' and cardinality(appointment_types) between 1 and 2),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Where a doctor sees patients by video: an https address, which was parsed before it comes here; `{room}` in it is
  -- replaced by a name of each booking. Only the doctor's clinic reads it.
  video_room text check (char_length(video_room) <= 500 and video_room ~ '^https://[^[:space:][:cntrl:]]+$'),
  -- A room's turnover, or the reprocessing of equipment: how long it stays taken after a case.
  turnover_minutes integer not null default 0 check (turnover_minutes between 0 and 2880),
  site text check (char_length(site) <= 200),
  -- Local opening times of a room, [{weekday, from, to}]; null: always open.
  hours jsonb,
  profession text check (profession in ('surgeon', 'anaesthetist', 'nurse', 'technician')),
  preferred_equipment_ids uuid[] not null default '{}' check (cardinality(preferred_equipment_ids) <= 20),
  -- The resource of kind open_time of a room.
  open_time_id uuid,
  -- Its ids in other systems, [{system, value}]: see external_id.
  external_ids jsonb not null default '[]' check (jsonb_typeof(external_ids) = 'array'),
  primary key (clinic_no, id),
  foreign key (clinic_no, open_time_id) references holdfast.resource (clinic_no, id),
  check ((fee_amount is null) = (fee_currency is null)),
  check (kind <> 'doctor' or specialization is not null),
  constraint resource_open_time check ((kind = 'operating_room') = (open_time_id is not null)),
  constraint resource_profession check ((kind = 'staff') = (profession is not null))
);
create index resource_name on holdfast.resource (clinic_no, kind, name, id);
-- People tell the rooms and devices that visits take apart by their names alone.
create unique index resource_of_visits_name on holdfast.resource (clinic_no, kind, lower(name))
  where kind in ('consulting_room', 'device');
create index resource_specialization on holdfast.resource (specialization, name, id) where kind = 'doctor' and active;

-- A room or device changes the times of all doctors whose visits take it.
create function holdfast.note_resource_change() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no, resource_id)
  values (new.clinic_no, case when new.kind not in ('consulting_room', 'device') then new.id end);
  return null;
end
$$;
-- A patient's first case is no change of the directory.
create trigger note_change after insert or update on holdfast.resource for each row when (new.kind <> 'patient')
  execute function holdfast.note_resource_change();

-- Which clinic, resource or visit type has which id of another system: one of its kind, in a clinic. The triggers of
-- their tables write it, and nothing else. That no two clinics have the same, the engine judges.
create table holdfast.external_id (
  clinic_no integer not null references holdfast.clinic (no),
  -- Of the resource; `clinic` or `visit_type`.
  kind text not null check (char_length(kind) between 1 and 50),
  system text not null check (char_length(system) between 1 and 200),
  value text not null check (char_length(value) between 1 and 200),
  of_id uuid not null check (holdfast.clinic_no_of(of_id) = clinic_no),
  primary key (clinic_no, kind, system, value)
);
create index external_id_of on holdfast.external_id (clinic_no, of_id);
create index external_id_value on holdfast.external_id (value, system, kind);

create function holdfast.index_external_ids() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_row jsonb := to_jsonb(new);
  v_clinic_no integer := coalesce(v_row->>'clinic_no', v_row->>'no');
begin
  delete from external_id e where e.clinic_no = v_clinic_no and e.of_id = new.id;
  insert into external_id (clinic_no, kind, system, value, of_id)
  select v_clinic_no, coalesce(tg_argv[0], v_row->>'kind'), i.system, i.value, new.id
    from jsonb_to_recordset(new.external_ids) i(system text, value text) order by i.system, i.value;
  return null;
end
$$;
create trigger index_external_ids after insert on holdfast.clinic for each row
  when (new.external_ids <> '[]') execute function holdfast.index_external_ids('clinic');
create trigger reindex_external_ids after update on holdfast.clinic for each row
  when (new.external_ids <> old.external_ids) execute function holdfast.index_external_ids('clinic');
create trigger index_external_ids after insert on holdfast.resource for each row
  when (new.external_ids <> '[]') execute function holdfast.index_external_ids();
create trigger reindex_external_ids after update on holdfast.resource for each row
  when (new.external_ids <> old.external_ids) execute function holdfast.index_external_ids();
