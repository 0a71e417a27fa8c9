-- Open sessions of doctors (docs/decisions/0037): times in which patients book visits of different lengths. A booked
-- visit gets a separate slot in its session, so that all that is true of slots is true of visits.

create table holdfast.open_session (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  resource_id uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  -- Visits begin at its start, and every so many minutes after it.
  grid_minutes integer not null check (grid_minutes between 1 and 240),
  -- Which visit types are booked in it; null: all that the doctor offers.
  visit_type_ids uuid[] check (cardinality(visit_type_ids) between 1 and 200),
  withdrawn_at timestamptz,
  created_at timestamptz not null default now(),
  -- The band of the doctor's working hours that opened it, and its day (working_times); null: a person opened it.
  band uuid,
  day date,
  primary key (clinic_no, id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  check (starts_at < ends_at and ends_at <= starts_at + interval '25 hours'),
  constraint open_session_band check ((band is null) = (day is null))
);
create index open_session_resource on holdfast.open_session (clinic_no, resource_id, starts_at);
-- All of a clinic's, for its statistics.
create index open_session_time on holdfast.open_session (clinic_no, starts_at);

create function holdfast.note_session_change() returns trigger
language plpgsql security definer set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  insert into directory_change (clinic_no, resource_id) values (new.clinic_no, new.resource_id);
  return null;
end
$$;
create trigger note_change after insert or update on holdfast.open_session
  for each row execute function holdfast.note_session_change();

-- What a visit takes beside the doctor, or which of its needs are missing: see units_for_visit.
create type holdfast.units_of_visit as (
  takes jsonb,
  missing jsonb
);

-- A visit type as a doctor offers it: see visit_of_doctor. Buffers are minutes that the doctor needs before and after.
create type holdfast.offered_visit as (
  visit_type_id uuid,
  is_offered boolean,
  minutes integer,
  buffer_before_minutes integer,
  buffer_after_minutes integer,
  capacity integer,
  bookable_by text,
  appointment_types text[],
  minimum_notice interval,
  booking_horizon interval,
  -- Whether it takes a room or devices: visit_units.
  needs_units boolean,
  -- What it consists of: the visit type itself, or the parts of a combination.
  part_ids uuid[]
);
