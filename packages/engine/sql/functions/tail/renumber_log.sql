-- renumber_log: gives every entry of the log the number of this transaction, and begins an epoch. The order within a
-- transaction is that of seq, which no restore changes, so each booking's events stay in order; new entries come after
-- them. Returns the number of events. For a log that was restored from a dump: see log_is_ahead.
-- Internal: only the owner calls it (`holdfast renumber-log`). It rewrites all events in one transaction.
--
-- Locks: booking_event, late_event and directory_change against writes; then the advisory lock ('Hold', 3).
-- Fails: 25006 or 55000 on a standby. Idempotent: yes, but for the numbers.
create or replace function holdfast.renumber_log() returns bigint
language plpgsql volatile
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_events bigint;
begin
  lock table booking_event, late_event, directory_change in share row exclusive mode;
  perform pg_advisory_xact_lock(x'486f6c64'::int, 3);
  update booking_event set xid = pg_current_xact_id();
  get diagnostics v_events = row_count;
  update late_event set xid = pg_current_xact_id();
  update directory_change set xid = pg_current_xact_id();
  update arrived_clinic set xid = pg_current_xact_id();
  perform add_log_epoch(null, pg_current_xact_id());
  return v_events;
end
$$;
