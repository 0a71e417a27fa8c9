-- Working hours of doctors (docs/decisions/0039): weekly bands of local times, of which a job creates sessions and
-- slots up to the clinic's booking horizon.

-- What a doctor's weeks are from a day on, until another row or valid_until ends it. It is replaced, never changed.
create table holdfast.working_hours (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  resource_id uuid not null,
  valid_from date not null,
  -- The last day; null: no end.
  valid_until date,
  -- [{weekdays, from, to, everyWeeks, inWeekOf, gridMinutes | slotMinutes and capacity, visitTypeIds}]; or none.
  bands jsonb not null check (jsonb_typeof(bands) = 'array' and jsonb_array_length(bands) <= 50),
  created_at timestamptz not null default now(),
  primary key (clinic_no, id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  constraint working_hours_days check (valid_from <= valid_until and isfinite(valid_from)),
  constraint working_hours_no_overlap exclude using gist
    (clinic_no with =, resource_id with =, daterange(valid_from, valid_until, '[]') with &&)
);

-- How far a doctor's working hours are filled. A change leads it back; fill_working_hours continues from there.
create table holdfast.working_calendar (
  clinic_no integer not null,
  resource_id uuid not null,
  -- The last day whose sessions and slots are as the working hours say; null: none is.
  filled_until date,
  -- The last day that has a row in band_day.
  reaches_until date,
  -- How often the working hours were changed.
  version integer not null default 0,
  primary key (clinic_no, resource_id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id)
);

-- Which bands were filled on which days: each once. Rows of days that are over are deleted.
create table holdfast.band_day (
  clinic_no integer not null,
  resource_id uuid not null,
  day date not null,
  -- What the band is on a day: working_times. It is the same in all working hours that have the same band.
  band uuid not null,
  -- The slots that it created. Sessions name their band.
  slot_ids uuid[] not null default '{}',
  -- Other hours have followed, and only the slots with bookings are left: the band is filled again if it is wanted.
  is_former boolean not null default false,
  primary key (clinic_no, resource_id, day, band, is_former),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id)
);

-- One thing that the working hours have, or lack, on a day: working_hours_plan.
create type holdfast.working_step as (
  what text,
  action text,
  band uuid,
  day date,
  former_band uuid,
  id uuid,
  starts_at timestamptz,
  ends_at timestamptz,
  grid_minutes integer,
  capacity integer,
  visit_type_ids uuid[]
);
