-- begin_log_epoch: begins an epoch of the log unless the newest one is of the running server and after p_after (null:
-- of any number), and returns the number of the newest epoch.
-- The epoch starts at the next transaction number of the last checkpoint. The server makes one when it starts, and a
-- promoted standby has one from before its promotion, so nothing of the epoch is below it.
--
-- Locks: the advisory lock ('Hold', 3), so that of two callers the second gets the epoch of the first.
-- Fails: 25006 or 55000 on a standby. Idempotent: yes, with a null p_after.
create or replace function holdfast.begin_log_epoch(p_after bigint) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_no bigint;
begin
  perform pg_advisory_xact_lock(x'486f6c64'::int, 3);
  select e.no into v_no
    from (select * from log_epoch order by no desc limit 1) e
   where e.server = running_server() and (p_after is null or e.no > p_after);
  if v_no is not null then
    return v_no;
  end if;
  return (
    select add_log_epoch(p_after, least(pg_snapshot_xmin(pg_current_snapshot()),
             -- Of the form epoch:xid, where an epoch is 2^32 transactions.
             (part[1]::numeric * 4294967296 + part[2]::numeric)::text::xid8))
      from pg_control_checkpoint() c, string_to_array(c.next_xid, ':') part);
end
$$;
