-- The databases of an installation that has several, and the clinics of each. Only the first database, the directory,
-- has rows here; it has the number 0, and no row of its own in shard. docs/decisions/0062-a-shard-is-a-database.md
create table holdfast.shard (
  -- Positions of the log have the number: log_epoch_floor.
  no smallint primary key check (no between 1 and 99),
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{0,30}$')
);

-- Where each clinic is, also those of the directory, once there are several databases.
create table holdfast.clinic_shard (
  clinic_no integer primary key check (clinic_no > 0),
  shard_no smallint not null check (shard_no between 0 and 99)
);
create index clinic_shard_by_shard on holdfast.clinic_shard (shard_no);
