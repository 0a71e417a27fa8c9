-- What people with an account get about their bookings. An account without a row gets everything.
create table holdfast.message_choice (
  account_id uuid primary key,
  reminder_emails boolean not null,
  -- Of these there are no SMS. Kinds that are added later are on.
  sms_kinds_off text[] not null
    check (sms_kinds_off <@ '{offered,confirmed,moved,cancelled,withdrawn,reminder}'::text[]),
  -- null: the language that was chosen with the booking, or else the clinic's.
  language text check (language in ('en', 'de', 'ar')),
  changed_at timestamptz not null default now()
);

-- An account reads at which clinics its address has turned off reminders.
create index reminder_opt_out_recipient on holdfast.reminder_opt_out (recipient);
