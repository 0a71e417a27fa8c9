-- Messages to patients: planned in the transaction in which the relay moves past the event that they announce, so an
-- event never causes two (docs/decisions/0017). The patient's address and name stay in the booking; here is only what
-- the clinic sees of a message, and the whole message while it is only shown because no mail server is set.
create table holdfast.message (
  clinic_no integer not null,
  id uuid not null check (holdfast.clinic_no_of(id) = clinic_no),
  booking_id uuid not null check (holdfast.clinic_no_of(booking_id) = clinic_no),
  -- The version of the booking after the event.
  version integer not null check (version >= 1),
  slot_id uuid not null,
  -- confirm: a guest confirms the booking by a link. unanswered: an entry of the waitlist has ended, because its offers
  -- were not answered. requested: the clinic was asked for the appointment; declined: it has declined; request_lapsed:
  -- it has not answered in time.
  kind text not null check
    (kind in ('offered', 'unanswered', 'confirm', 'requested', 'declined', 'request_lapsed', 'confirmed', 'moved',
              'cancelled', 'withdrawn', 'reminder')),
  channel text not null check (channel in ('email', 'sms')),
  -- How long before the visit a reminder is sent.
  minutes_before integer not null default 0 check (minutes_before between 0 and 20160),
  -- Whether the patient, and not the clinic, cancelled.
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
  -- The clinic's people caused it, or sent it again: message_budget does not count it.
  by_clinic boolean not null default false,
  -- When the clinic's people last sent it again: once in ten minutes.
  sent_again_at timestamptz,
  -- Why it was given up, for those who read it in their language; null: it was not. internal_error: it could not be
  -- written.
  failure text check
    (failure in ('address_refused', 'refused', 'unavailable', 'unknown', 'number_unusable', 'internal_error')),
  -- Why it was not sent, or not yet, as a word for those who read it in their language; null: there is no such reason.
  reason text check (char_length(reason) <= 50),
  -- A process has taken it and not begun to send. If the process ends then, nothing was sent.
  before_sending boolean not null default false,
  -- An attempt was handed over, and not refused for certain. A later attempt does not reset it, so a message about an
  -- offer that has ended knows whether somebody may have heard of the offer.
  may_have_arrived boolean not null default false,
  -- When the last attempt ended; null: there was none.
  attempted_at timestamptz,
  primary key (clinic_no, id),
  unique (clinic_no, booking_id, version, kind, channel, minutes_before),
  check ((state = 'due') = (done_at is null)),
  check (content is null or state = 'kept')
);
-- Due messages are taken from each clinic in turn.
create index message_due on holdfast.message (clinic_no, due_at) where state = 'due';
create index message_list on holdfast.message (clinic_no, created_at, id);
create index message_created_at on holdfast.message using brin (created_at);
alter table holdfast.message
  alter column masked_address set statistics 0,
  alter column result set statistics 0,
  alter column content set statistics 0;

-- What a clinic sends; a clinic without a row sends what the defaults say.
create table holdfast.message_settings (
  clinic_no integer primary key references holdfast.clinic (no),
  emails boolean not null default true,
  language text not null default 'en' check (language in ('en', 'de', 'ar')),
  reply_to text check (char_length(reply_to) between 3 and 254),
  reminder_minutes integer[] not null default '{1440,120}'
    check (cardinality(reminder_minutes) <= 5 and 10 <= all (reminder_minutes) and 20160 >= all (reminder_minutes)),
  -- The quiet hours in the clinic's time zone. If both are equal, there are none.
  quiet_from time not null default '21:00',
  quiet_until time not null default '07:00',
  text_before text check (char_length(text_before) <= 1000),
  text_after text check (char_length(text_after) <= 1000),
  -- Guests confirm their bookings by a link in an e-mail: until then the booking is a hold (docs/decisions/0020). It
  -- lasts 15 minutes by default: e-mails that a mail server accepts at the second attempt take about ten.
  confirm_by_link boolean not null default false,
  confirm_minutes integer not null default 15 check (confirm_minutes between 5 and 60),
  -- Which messages go by SMS, too, to patients with a telephone number.
  sms_kinds text[] not null default '{}'
    check (sms_kinds <@ array['requested', 'declined', 'request_lapsed', 'confirmed', 'moved', 'cancelled', 'withdrawn',
                              'reminder', 'offered']),
  -- The ISO 3166-1 code for numbers without a country's code.
  phone_country text check (phone_country ~ '^[A-Z]{2}$'),
  -- When the clinic turned e-mails on again; null: it never did. What happened before planned none: verify needs it to
  -- find messages that were lost.
  emails_since timestamptz,
  -- Nobody could confirm without e-mails.
  constraint message_settings_link_check check (emails or not confirm_by_link)
);

-- A trigger, so that no way of changing the settings can forget it.
create function holdfast.note_emails_since() returns trigger
language plpgsql set search_path = holdfast, pg_catalog, pg_temp
as $$
begin
  new.emails_since := clock_timestamp();
  return new;
end
$$;
create trigger note_emails_since before update on holdfast.message_settings
  for each row when (new.emails and not old.emails) execute function holdfast.note_emails_since();

-- How many e-mails of a clinic an address has had, as a digest under the server's secret: a person who books with
-- somebody else's address must not flood it from the clinic's domain.
create table holdfast.message_budget (
  clinic_no integer not null,
  recipient uuid not null,
  sent integer not null check (sent >= 1),
  -- The first of them.
  since timestamptz not null,
  primary key (clinic_no, recipient)
);

-- Who wants no reminders of a clinic: a digest of the e-mail address or the telephone number under the server's secret,
-- so that it lasts when bookings are erased.
create table holdfast.reminder_opt_out (
  clinic_no integer not null references holdfast.clinic (no),
  recipient uuid not null,
  since timestamptz not null default now(),
  primary key (clinic_no, recipient)
);
-- An account reads at which clinics its address has turned off reminders.
create index reminder_opt_out_recipient on holdfast.reminder_opt_out (recipient);

-- What people with an account get about their bookings. An account without a row gets everything.
create table holdfast.message_choice (
  account_id uuid primary key,
  reminder_emails boolean not null,
  -- No SMS are sent of these kinds. Kinds that are added later are on.
  sms_kinds_off text[] not null
    check (sms_kinds_off <@ array['requested', 'declined', 'request_lapsed', 'confirmed', 'moved', 'cancelled',
                                  'withdrawn', 'reminder', 'offered']),
  -- null: the language that was chosen with the booking, or else the clinic's.
  language text check (language in ('en', 'de', 'ar')),
  changed_at timestamptz not null default now()
);
