-- An external calendar of a doctor, whose busy times block the doctor's free places. The URL is encrypted with the
-- server's secret.
create table holdfast.busy_calendar (
  clinic_no integer not null,
  resource_id uuid not null,
  url text not null check (char_length(url) <= 4000),
  -- Of the calendar as it was read last.
  busy tstzmultirange not null default '{}',
  etag text check (char_length(etag) <= 500),
  last_modified text check (char_length(last_modified) <= 100),
  -- A process reads it then; it is moved on before, so that no other does.
  read_next_at timestamptz not null default now(),
  -- The last time that it was read whole; null: never.
  read_at timestamptz,
  failing_since timestamptz,
  problem text check (char_length(problem) <= 300),
  -- When the doctor was notified of that.
  notified_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (clinic_no, resource_id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  check ((failing_since is null) = (problem is null)),
  check (notified_at is null or failing_since is not null)
);
create index busy_calendar_read_next_at on holdfast.busy_calendar (read_next_at);

-- In a busy time of its doctor since then: not offered, and not booked.
alter table holdfast.slot add column blocked_at timestamptz;
