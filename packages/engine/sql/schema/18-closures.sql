-- A time when a clinic, or one of its doctors, is closed: one more source of busy times, beside the external calendar.
-- Its times are local ones of the clinic's zone, so that they follow a change of the zone. Removed ones block nothing,
-- and stay until purge_outdated.
create table holdfast.closure (
  clinic_no integer not null references holdfast.clinic (no),
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  -- null: the whole clinic, that is all of its doctors.
  resource_id uuid,
  starts_at timestamp not null,
  ends_at timestamp not null,
  -- A day that is closed each year from then on. 29 February is closed in leap years alone.
  yearly boolean not null default false,
  note text check (char_length(note) between 1 and 300),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  -- When its times were changed, or have to be applied again.
  changed_at timestamptz not null default clock_timestamp(),
  -- When the slots of all its doctors had been blocked and freed; null: not yet since it was changed.
  applied_at timestamptz,
  removed_at timestamptz,
  primary key (clinic_no, id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  constraint closure_times check (starts_at < ends_at and isfinite(starts_at) and isfinite(ends_at)),
  constraint closure_yearly check (not yearly or starts_at = date_trunc('day', starts_at)
                                   and ends_at = starts_at + interval '1 day')
);
create index closure_ends_at on holdfast.closure (clinic_no, ends_at) where removed_at is null;
create index closure_yearly_of on holdfast.closure (clinic_no) where yearly and removed_at is null;
create index closure_of_doctor on holdfast.closure (clinic_no, resource_id, ends_at) where removed_at is null;
create index closure_unapplied on holdfast.closure (changed_at) where applied_at is null;
