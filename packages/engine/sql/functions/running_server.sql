-- running_server: identifies the history that the database server is writing: its system identifier, its timeline, and
-- when it was started, because a copy that is restored in place has the other two.
-- The timeline is read from the name of the current WAL file: pg_control_checkpoint() has the one of the last
-- checkpoint, which is the old one for minutes after a promotion.
-- Takes 10 µs. Needs no privilege in PostgreSQL 15 to 18.
-- Locks: none. Fails: 55000 on a standby. Idempotent: yes.
create or replace function holdfast.running_server() returns text
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $$
  select format('%s/%s/%s', s.system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
                extract(epoch from pg_postmaster_start_time()))
    from pg_control_system() s
$$;
