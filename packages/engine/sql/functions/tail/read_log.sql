-- read_log: reads up to p_limit lines of the log after (p_xid, p_seq), in log order: events of bookings, and changes of
-- the directory, not more than 62 days old (bound_recent_log). Returns one row of arrays, because a client takes longer
-- to read a row per line than for everything else that it does with the line.
--
-- horizon: every transaction below it has ended, and what it wrote was visible to this call. It belongs to the same
-- snapshot as the lines, none of which is at or above it.
-- booking_ids: null for a change of the directory, which has a clinic_no and sometimes a resource_id.
-- from_resource_ids: for a moved booking, the resource that it left.
-- predecessors_later: the booking's previous version comes later in the log. A transaction gets its number before it
-- waits for a row, so the versions of a booking can be out of order.
-- case_details: those of the events of cases, by seq; null if there are none.
-- The arrays are null if there is no line.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.read_log(p_xid xid8, p_seq bigint, p_limit integer) returns table (
  horizon xid8, xids xid8[], seqs bigint[], resource_ids uuid[], clinic_nos integer[], booking_ids uuid[],
  versions integer[],
  types text[], slot_ids uuid[], from_slot_ids uuid[], from_resource_ids uuid[], predecessors_later boolean[],
  case_details jsonb
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
-- Planned once per connection, because planning for all partitions takes twice as long as reading a hundred lines.
-- Scans and sorts are off, so that each partition is read by the index in log order: a plan from a time when a month
-- was empty would still scan that month when it is full.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $function$
#variable_conflict use_column
begin
  return query
  -- The aggregates rely on the order of the query below: nothing may come between.
  select pg_snapshot_xmin(pg_current_snapshot()), array_agg(e.xid), array_agg(e.seq), array_agg(e.resource_id),
         array_agg(e.clinic_no), array_agg(e.booking_id), array_agg(e.version), array_agg(e.type),
         array_agg(e.slot_id), array_agg(e.from_slot_id), array_agg(e.from_resource_id),
         array_agg(e.predecessor_is_later),
         jsonb_object_agg(e.seq, e.case_details) filter (where e.case_details is not null)
    from (
      select b.xid, b.seq, b.resource_id, b.clinic_no, b.booking_id, b.version, b.type, b.slot_id, b.from_slot_id,
             b.case_details,
             case when b.from_slot_id is not null then (select f.resource_id from slot f
               where f.clinic_no = b.clinic_no and f.id = b.from_slot_id) end as from_resource_id,
             -- Ordered like the primary keys; no other index has this order.
             b.version > 1 and case when b.is_late
               then (select p.version = b.version - 1 and (p.xid, p.seq) > (b.xid, b.seq) from recent_late_event p
                      where p.clinic_no = b.clinic_no and p.booking_id = b.booking_id and p.version >= b.version - 1
                      order by p.version limit 1)
               else (select p.version = b.version - 1 and (p.xid, p.seq) > (b.xid, b.seq) from recent_event p
                      where p.clinic_no = b.clinic_no and p.booking_id = b.booking_id and p.version >= b.version - 1
                      order by p.version limit 1) end as predecessor_is_later
        from ((select t.*, false as is_late from recent_event t
                where (t.xid, t.seq) > (p_xid, p_seq) and t.xid < pg_snapshot_xmin(pg_current_snapshot())
                order by t.xid, t.seq limit p_limit)
              union all
              (select t.*, true from recent_late_event t
                where (t.xid, t.seq) > (p_xid, p_seq) and t.xid < pg_snapshot_xmin(pg_current_snapshot())
                order by t.xid, t.seq limit p_limit)
              order by xid, seq
              limit p_limit) b
      union all
      (select d.xid, d.seq, d.resource_id, d.clinic_no, null, null, null, null, null, null, null, false
         from directory_change d
        where (d.xid, d.seq) > (p_xid, p_seq) and d.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by d.xid, d.seq limit p_limit)
      order by 1, 2
      limit p_limit
    ) e;
end
$function$;
