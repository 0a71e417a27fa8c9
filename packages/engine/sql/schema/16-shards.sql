-- The databases of an installation that has several, and the clinics of each. Only the first database, the directory,
-- has rows here; it has the number 0, and shard has no row for it (docs/decisions/0032).
create table holdfast.shard (
  -- Positions of the log have the number: log_epoch_floor.
  no smallint primary key check (no between 1 and 99),
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{0,30}$'),
  -- Since when it gets no new clinics, because its clinics are moved away (`holdfast shards drain`). null: it does.
  drained_at timestamptz
);

-- Where each clinic is, also those of the directory, once there are several databases.
create table holdfast.clinic_shard (
  clinic_no integer primary key check (clinic_no > 0),
  shard_no smallint not null check (shard_no between 0 and 99),
  -- Where the clinic is moving to (docs/decisions/0032); shard_no itself: it has come there, and rows are left that are
  -- to be deleted: those in old_rows_in, from which it has moved, or, where a person has chosen a copy, all others.
  moving_to smallint check (moving_to between 0 and 99),
  old_rows_in smallint check (old_rows_in between 0 and 99),
  -- When the row last changed, which servers ask for.
  changed_at timestamptz not null default now()
);
create index clinic_shard_by_shard on holdfast.clinic_shard (shard_no);
create index clinic_shard_by_change on holdfast.clinic_shard (changed_at);

-- In the database that a clinic leaves: until when changes of it are refused, by which call.
create table holdfast.moving_clinic (
  clinic_no integer primary key,
  token uuid not null,
  refused_until timestamptz not null
);

-- In the database that a clinic has come to: the transaction of the copy. Positions of the clinic's log before it are
-- from a time before the clinic had left.
create table holdfast.arrived_clinic (
  clinic_no integer primary key,
  xid xid8 not null,
  -- When it came, or its copy here was chosen: later than all arrivals before, whatever the clocks say. Of two copies,
  -- the one that came later is the newer one; one without a row was created here, and is older than all others.
  arrived_at timestamptz not null default clock_timestamp()
);
