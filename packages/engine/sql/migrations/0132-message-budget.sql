-- How many e-mails of a clinic an address has had, as a digest under the server's secret: whoever books with somebody
-- else's address must not flood it from the clinic's domain.
create table holdfast.message_budget (
  clinic_no integer not null,
  recipient uuid not null,
  sent integer not null check (sent >= 1),
  -- The first of them.
  since timestamptz not null,
  primary key (clinic_no, recipient)
);

alter table holdfast.message
  -- The clinic's people caused it, or sent it again: it is not counted.
  add column by_clinic boolean not null default false;

-- Due messages are taken from each clinic in turn.
drop index holdfast.message_due;
create index message_due on holdfast.message (clinic_no, due_at) where state = 'due';
