-- Calendars that other programs read by a secret URL: one of an account, a doctor or a clinic. A new one replaces the
-- former. Global: an account belongs to no clinic. Only the SHA-256 of the URL's token is stored.
create table holdfast.calendar_feed (
  -- The account, the doctor or the clinic.
  subject_id uuid primary key,
  kind text not null check (kind in ('account', 'doctor', 'clinic')),
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  -- The account that created it: the feed ends when that account may no longer see what is in it (docs/decisions/0022).
  created_by uuid not null,
  language text not null check (language in ('en', 'de', 'ar')),
  created_at timestamptz not null default now(),
  -- Whether the session that created it was started with a second factor. Without, it ends while the clinic requires
  -- one.
  has_second_factor boolean not null default false,
  check (kind <> 'account' or created_by = subject_id)
);
create index calendar_feed_created_by on holdfast.calendar_feed (created_by);

-- An external calendar of a doctor, whose busy times block the doctor's free places. The URL is encrypted with the
-- server's secret.
create table holdfast.busy_calendar (
  clinic_no integer not null,
  resource_id uuid not null,
  url text not null check (char_length(url) <= 4000),
  -- The busy times of the calendar as it was read last.
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
  -- Repetitions of events are blocked for two years from this moment on. A calendar that has not changed since is read
  -- whole again after a day, so that what has come nearer is blocked too.
  expanded_at timestamptz,
  -- Why it cannot be read, as a word for those who read it in their language; null: it can be read.
  reason text check (char_length(reason) <= 50),
  -- How many of its events could not be read when it was read last, which block nothing, and why and how many, the more
  -- frequent reasons first.
  left_out integer not null default 0 check (left_out >= 0),
  left_out_events jsonb not null default '[]',
  -- It had busy times to come, and has none since it was read then: they stay blocked until it is read again and still
  -- has none.
  empty_since timestamptz,
  -- Since when they are free for that reason, and when the doctor was notified of that; null again when it has busy
  -- times.
  emptied_at timestamptz,
  emptied_notified_at timestamptz,
  primary key (clinic_no, resource_id),
  foreign key (clinic_no, resource_id) references holdfast.resource (clinic_no, id),
  check ((failing_since is null) = (problem is null)),
  check (notified_at is null or failing_since is not null)
);
create index busy_calendar_read_next_at on holdfast.busy_calendar (read_next_at);
