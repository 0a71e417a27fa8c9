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
  primary key (kind)
);
