-- Messages to patients: planned in the transaction in which the relay moves past the event that they announce, so an
-- event never causes two. The patient's address and name stay in the booking; here is only what the clinic sees of a
-- message, and the whole message while it is only shown because no mail server is set.
create table holdfast.message (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  -- Of the booking, after the event.
  version integer not null check (version >= 1),
  slot_id uuid not null,
  kind text not null check (kind in ('offered', 'confirmed', 'moved', 'cancelled', 'withdrawn', 'reminder')),
  channel text not null check (channel in ('email', 'sms')),
  -- Of a reminder: how long before the visit.
  minutes_before integer not null default 0 check (minutes_before between 0 and 20160),
  -- Of a cancellation: by the patient, or by the clinic.
  by_patient boolean,
  state text not null default 'due' check (state in ('due', 'sent', 'kept', 'failed', 'skipped')),
  due_at timestamptz not null,
  attempts integer not null default 0,
  -- Attempts that ended without a record, because their process did.
  attempts_lost integer not null default 0,
  -- A process sends it until then.
  attempt_until timestamptz,
  masked_address text check (char_length(masked_address) <= 254),
  -- The mail server's response, or why it was not sent.
  result text check (char_length(result) <= 300),
  content jsonb,
  done_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (clinic_no, id),
  unique (clinic_no, booking_id, version, kind, channel, minutes_before),
  check ((state = 'due') = (done_at is null)),
  check (content is null or state = 'kept')
);
create index message_due on holdfast.message (due_at) where state = 'due';
create index message_list on holdfast.message (clinic_no, created_at, id);
create index message_created_at on holdfast.message using brin (created_at);

-- What a clinic sends; a clinic without a row sends what the defaults say.
create table holdfast.message_settings (
  clinic_no integer primary key references holdfast.clinic (no),
  emails boolean not null default true,
  language text not null default 'en' check (language in ('en', 'de', 'ar')),
  reply_to text check (char_length(reply_to) between 3 and 254),
  reminder_minutes integer[] not null default '{1440,120}'
    check (cardinality(reminder_minutes) <= 5 and 10 <= all (reminder_minutes) and 20160 >= all (reminder_minutes)),
  -- In the clinic's time zone. Equal: there are none.
  quiet_from time not null default '21:00',
  quiet_until time not null default '07:00',
  text_before text check (char_length(text_before) <= 1000),
  text_after text check (char_length(text_after) <= 1000)
);
