-- log_epoch_floor: the number above which all epochs are numbered that begin in this schema: 0, or on Citus, in the
-- schema of a shard (holdfast_102008), the number of the shard × 10^10, so that no two shards number an epoch alike.
-- Between two floors is room for the time in seconds, until the year 2286. The shards that a split creates have higher
-- numbers.
-- Internal: called by begin_log_epoch and add_log_epoch.
-- Locks: none. Fails: 22003 for a number that is too large. Idempotent: yes.
create or replace function holdfast.log_epoch_floor() returns bigint
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select coalesce(substring(current_schema() from '^holdfast_([0-9]+)$')::bigint * 10000000000, 0)
$$;
