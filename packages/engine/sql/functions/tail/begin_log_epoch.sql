-- begin_log_epoch: begins an epoch of the log unless the newest one is of the running server and after p_after (null:
-- of any number), and numbered by the shard that this database is. Returns the number of the newest epoch.
-- The epoch starts at the next transaction number of the last checkpoint. The server makes one when it starts, and a
-- promoted standby has one from before its promotion, so nothing of the epoch is below it. If the promoted standby has
-- made another one before anybody began the epoch, it starts 10,000 transactions before that.
--
-- Locks: the advisory lock ('Hold', 3), so that of two callers the second gets the epoch of the first.
-- Fails: 25006 or 55000 on a standby. Idempotent: yes, with a null p_after.
create or replace function holdfast.begin_log_epoch(p_after bigint) returns bigint
language plpgsql volatile security definer
set search_path = holdfast, pg_catalog, pg_temp
as $$
declare
  v_server constant text := running_server();
  v_no bigint;
  v_last_server text;
begin
  perform pg_advisory_xact_lock(x'486f6c64'::int, 3);
  select e.no, e.server into v_no, v_last_server from log_epoch e order by e.no desc limit 1;
  if v_last_server = v_server and v_no > log_epoch_floor() and (p_after is null or v_no > p_after) then
    return v_no;
  end if;
  return (
    select add_log_epoch(p_after, least(pg_snapshot_xmin(pg_current_snapshot())::text::numeric,
             -- next_xid has the form epoch:xid, where an epoch is 2^32 transactions.
             greatest(part[1]::numeric * 4294967296 + part[2]::numeric
                      - case when split_part(v_last_server, '/', 2) <> split_part(v_server, '/', 2)
                              and timeline.id = split_part(v_server, '/', 2) then 10000 else 0 end, 3))::text::xid8)
      from pg_control_checkpoint() c, string_to_array(c.next_xid, ':') part,
           lpad(upper(to_hex(c.timeline_id)), 8, '0') timeline(id));
end
$$;
