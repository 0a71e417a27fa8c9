-- log_epoch_floor: the number above which all epochs of this database are numbered: 0, or the number of the shard that
-- the database is × 10^10, so that no two databases of an installation number an epoch alike. Between two floors is
-- room for the time in seconds, until the year 2286.
-- Internal: called by begin_log_epoch and add_log_epoch.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.log_epoch_floor() returns bigint
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select coalesce((select split_part(value, ' ', 2)::bigint * 10000000000 from setting where name = 'shard'), 0)
$$;
