-- On the coordinator of Citus: the clinics in which an account may have a role, so that a session is read without
-- asking all shards. Whether the account has a role, and which one, the clinic's shard says. `mark` is another one each
-- time a role is given, so that a deletion that arrives late leaves the note of a new role. A plain database has no rows
-- here. docs/decisions/0051-on-citus-a-shard-has-a-schema.md
create table holdfast.account_clinic (
  account_id uuid not null,
  clinic_no integer not null check (clinic_no > 0),
  mark uuid not null default gen_random_uuid(),
  primary key (account_id, clinic_no)
);
