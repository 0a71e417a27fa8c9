-- log_is_ahead: whether the log has entries with transaction numbers that this server has not assigned yet. They come
-- from another server, by a dump and restore: the tail would not report them, and new entries would come before them.
-- Reads one index entry of each partition.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.log_is_ahead() returns boolean
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select exists (select from booking_event where xid >= pg_snapshot_xmax(pg_current_snapshot()))
      or exists (select from directory_change where xid >= pg_snapshot_xmax(pg_current_snapshot()))
$$;
