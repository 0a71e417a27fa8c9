-- log_is_ahead: whether the log has entries with transaction numbers that this server has not assigned yet. They come
-- from another server, by a dump and restore: the tail would not report them, and new entries would come before them.
-- Reads at most one index entry of each partition: without statistics, the planner would prefer to scan the whole log.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.log_is_ahead() returns boolean
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
  select exists (select from booking_event where xid >= pg_snapshot_xmax(pg_current_snapshot()))
      or exists (select from directory_change where xid >= pg_snapshot_xmax(pg_current_snapshot()))
$$;
