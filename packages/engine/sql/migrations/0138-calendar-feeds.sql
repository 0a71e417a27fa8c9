-- Calendars that other programs read by a secret URL: one of an account, a doctor or a clinic. A new one replaces the
-- former. Small and global: an account belongs to no clinic. Of the URL's token only the SHA-256 is stored.
create table holdfast.calendar_feed (
  -- The account, the doctor or the clinic.
  subject_id uuid primary key,
  kind text not null check (kind in ('account', 'doctor', 'clinic')),
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  -- The account that created it: the feed ends when that account may no longer see what is in it.
  created_by uuid not null,
  language text not null check (language in ('en', 'de', 'ar')),
  created_at timestamptz not null default now(),
  check (kind <> 'account' or created_by = subject_id)
);
create index calendar_feed_created_by on holdfast.calendar_feed (created_by);

-- Whether the feeds of the clinic and of its doctors name the patients.
alter table holdfast.clinic add column feed_patient_names boolean not null default false;
