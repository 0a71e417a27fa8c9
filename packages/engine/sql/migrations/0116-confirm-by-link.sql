-- A clinic may have guests confirm their bookings by a link in an e-mail: until then the booking is a hold. Holds last
-- 15 minutes meanwhile by default: e-mails that a mail server accepts at the second attempt take about ten.
alter table holdfast.message_settings
  add column confirm_by_link boolean not null default false,
  add column confirm_minutes integer not null default 15 check (confirm_minutes between 5 and 60),
  -- Without e-mails nobody could confirm.
  add constraint message_settings_link_check check (emails or not confirm_by_link);

alter table holdfast.message
  drop constraint message_kind_check,
  add constraint message_kind_check check
    (kind in ('offered', 'confirm', 'confirmed', 'moved', 'cancelled', 'withdrawn', 'reminder'));

-- `link_requested`: the patient is asked to confirm the hold by a link.
-- The check is not read for existing rows, which satisfied a narrower one; 0117 does that beside the claims.
alter table holdfast.booking_event
  drop constraint booking_event_type_check,
  add constraint booking_event_type_check check (type in
    ('held', 'offered', 'confirmed', 'extended', 'link_requested', 'moved', 'cancelled', 'failed', 'arrived',
     'completed', 'no_show', 'linked', 'reopened', 'erased', 'milestone', 'prolonged'))
    not valid;

-- Accounts whose e-mail address is proven: they have confirmed a booking by a link that was sent to it. An account's
-- address never changes.
create table holdfast.verified_account (
  account_id uuid primary key,
  verified_at timestamptz not null default now()
);
