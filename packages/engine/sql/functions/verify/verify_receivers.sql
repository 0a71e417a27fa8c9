-- verify_receivers: checks the positions that belong to no clinic: those of the receivers of the log, and its epoch.
--
-- Findings: receiver_differs (a receiver is further than the log, so that it would never receive what is written next;
--   or the newest epoch starts at a transaction that has not begun).
-- Locks: none; one snapshot, the caller's (stable). Fails: never. Idempotent: yes.
create or replace function holdfast.verify_receivers() returns table (kind text, message text)
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  with newest as (
    select e.no, e.starts_at from log_epoch e order by e.no desc limit 1
  ), reached as (
    select pg_snapshot_xmax(pg_current_snapshot()) as xid,
           coalesce(pg_sequence_last_value('booking_event_seq'), 0) as seq
  )
  select 'receiver_differs', format('receiver %s is at epoch %s, transaction %s, seq %s, which the log has not reached',
                                    r.name, r.epoch, r.xid, r.seq)
    from log_receiver r, newest n, reached a
   -- 2^62: after all events of its transaction, as a new receiver begins (tail/read-log.ts).
   where r.epoch > n.no or r.epoch = n.no and r.xid >= a.xid or r.seq > a.seq and r.seq <> 4611686018427387904
  union all
  select 'receiver_differs', format('epoch %s starts at transaction %s, which has not begun', n.no, n.starts_at)
    from newest n, reached a
   where n.starts_at > a.xid
$function$;
