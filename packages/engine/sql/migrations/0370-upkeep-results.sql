-- When a backup and a verification last succeeded, and since when they fail. The process that does them writes it; all
-- processes show it in their metrics.
create table holdfast.upkeep_result (
  kind text not null check (kind in ('backup', 'verify')),
  -- Of a backup: the newest moment that can be restored.
  succeeded_at timestamptz,
  failing_since timestamptz,
  primary key (kind)
);
