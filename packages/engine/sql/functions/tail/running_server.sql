-- running_server: identifies the history that the database server is writing: its system identifier, its timeline, and
-- when it was started, because a copy that is restored in place has the other two. And when it last recovered from a
-- crash, because it does so without a new start when a backend is killed, and may then assign numbers again whose
-- transactions it has reported as ended: those of transactions that wrote nothing, or did not wait for the disk.
-- The timeline is read from the name of the current WAL file: pg_control_checkpoint() has the one of the last
-- checkpoint, which is the old one for minutes after a promotion. No function returns the time of a crash recovery, but
-- it resets the statistics, and a reset by hand costs no more than a restart does.
-- Takes 10 µs. Needs no privilege in PostgreSQL 15 to 18.
-- Locks: none. Fails: 55000 on a standby. Idempotent: yes.
create or replace function holdfast.running_server() returns text
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select format('%s/%s/%s/%s', s.system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
                extract(epoch from pg_postmaster_start_time()),
                extract(epoch from pg_stat_get_bgwriter_stat_reset_time()))
    from pg_control_system() s
$$;
