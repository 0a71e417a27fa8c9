-- A clinic that is being moved to another database, and when the note of its place last changed, which servers ask for.
alter table holdfast.clinic_shard add column moving_to smallint check (moving_to between 0 and 99);
alter table holdfast.clinic_shard add column changed_at timestamptz not null default now();
create index clinic_shard_by_change on holdfast.clinic_shard (changed_at);
