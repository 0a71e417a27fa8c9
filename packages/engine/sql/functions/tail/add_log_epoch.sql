-- add_log_epoch: adds an epoch after all others and after p_after, and returns its number: that of log_epoch_floor, and
-- the time in seconds. The last hundred are stored.
-- Internal: called by begin_log_epoch and renumber_log, which hold the lock of epochs.
-- Locks: none. Fails: 55000 on a standby. Idempotent: no.
create or replace function holdfast.add_log_epoch(p_after bigint, p_starts_at xid8) returns bigint
language plpgsql volatile
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_no bigint;
begin
  delete from log_epoch where no <= (select no from log_epoch order by no desc offset 99 limit 1);
  insert into log_epoch (no, server, starts_at)
  select greatest(log_epoch_floor() + floor(extract(epoch from clock_timestamp()))::bigint, max(no) + 1, p_after + 1),
         running_server(), p_starts_at
    from log_epoch
  returning no into v_no;
  return v_no;
end
$$;
