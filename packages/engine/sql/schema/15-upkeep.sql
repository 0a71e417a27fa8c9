-- What the installation generated for itself: passwords, secrets, its number among several databases. Only the owner
-- reads it.
create table holdfast.setting (
  name text primary key,
  value text not null,
  created_at timestamptz not null default now()
);

-- When a backup, a restore test and a verification last succeeded, and since when they fail. The process that does them
-- writes it; all processes show it in their metrics.
create table holdfast.upkeep_result (
  kind text not null check (kind in ('backup', 'restore_test', 'verify')),
  -- The moment of the last success; for a backup, the newest moment that can be restored.
  succeeded_at timestamptz,
  failing_since timestamptz,
  -- How often changes are backed up (HOLDFAST_BACKUP_SECONDS): alerts judge the age of a backup by it. null for the
  -- others.
  interval_seconds integer,
  -- How many faults the last verification found. null for the others.
  faults integer check (faults >= 0),
  primary key (kind)
);

-- What became of the work of this database's processes: when each job, each way of sending messages and each consumer
-- of events last succeeded and failed, and how often it has failed in a row. The processes that do it write it every
-- few seconds; every server shows it to site administrators.
create table holdfast.work_result (
  kind text not null check (kind in ('job', 'message', 'consumer')),
  name text not null check (char_length(name) between 1 and 255),
  succeeded_at timestamptz,
  failed_at timestamptz,
  failing_since timestamptz,
  failures integer not null default 0 check (failures >= 0),
  primary key (kind, name),
  check ((failures = 0) = (failing_since is null))
);
