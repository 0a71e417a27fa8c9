-- The owner of the row in slot_locks may book; the row expires if its owner is lost.
alter table slot add column booked integer not null default 0;

create table slot_locks (
  slot_id uuid primary key,
  token uuid not null,
  expires_at timestamptz not null
);
