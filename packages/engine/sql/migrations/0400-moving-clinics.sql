-- Clinics that are moved to another database: docs/decisions/0063-a-clinic-is-moved-by-a-copy.md

-- In the directory: where a clinic is moving to, and when the note of its place last changed, which servers ask for.
alter table holdfast.clinic_shard add column moving_to smallint check (moving_to between 0 and 99);
alter table holdfast.clinic_shard add column changed_at timestamptz not null default now();
create index clinic_shard_by_change on holdfast.clinic_shard (changed_at);

-- In the database that a clinic leaves: until when changes of it are refused, by which call.
create table holdfast.moving_clinic (
  clinic_no integer primary key,
  token uuid not null,
  refused_until timestamptz not null
);

-- In the database that a clinic has come to: the transaction of the copy. Positions of the clinic's log before it are from
-- a time before the clinic had left.
create table holdfast.arrived_clinic (
  clinic_no integer primary key,
  xid xid8 not null
);
