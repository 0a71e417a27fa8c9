-- Who wants no reminders of a clinic: a digest of the e-mail address or the telephone number under the server's secret,
-- so that it lasts when bookings are erased.
create table holdfast.reminder_opt_out (
  clinic_no integer not null references holdfast.clinic (no),
  recipient uuid not null,
  since timestamptz not null default now(),
  primary key (clinic_no, recipient)
);
