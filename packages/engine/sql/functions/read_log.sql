-- read_log: up to p_limit lines of the log after (p_xid, p_seq), in the order of the log: bookings' events, and changes of
-- the directory. One row, of arrays, as a row a line takes a client longer to read than all else that it does with it.
--
-- horizon: every transaction below it is over, and everything it wrote was there to be read (of the same snapshot as the
--   lines, none of which lies above it).
-- booking_ids: null where a line is a change of the directory, which has a clinic_no and perhaps a resource_id. from_resource_ids:
--   moved: whose slot it came from.
-- predecessors_later: the booking's version before this one stands behind it in the log. A transaction takes its number before it
--   waits for a row, so a booking's versions can stand in another order than they came about.
-- Arrays are null where there is no line.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.read_log(p_xid xid8, p_seq bigint, p_limit integer) returns table (
  horizon xid8, xids xid8[], seqs bigint[], resource_ids uuid[], clinic_nos integer[], booking_ids uuid[], versions integer[],
  types text[], slot_ids uuid[], from_slot_ids uuid[], from_resource_ids uuid[], predecessors_later boolean[]
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
-- Planned once a connection, as planning for all the partitions takes twice as long as reading a hundred lines; and with each
-- partition's rows found by the one index that has their order, as a plan made on an empty month would go on to scan it when full.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $function$
#variable_conflict use_column
begin
  return query
  -- The aggregates take the lines as the query below puts them: nothing may come between.
  select pg_snapshot_xmin(pg_current_snapshot()), array_agg(e.xid), array_agg(e.seq), array_agg(e.resource_id), array_agg(e.clinic_no),
         array_agg(e.booking_id), array_agg(e.version), array_agg(e.type), array_agg(e.slot_id), array_agg(e.from_slot_id),
         array_agg(e.from_resource_id), array_agg(e.predecessor_is_later)
    from (
      select b.xid, b.seq, b.resource_id, b.clinic_no, b.booking_id, b.version, b.type, b.slot_id, b.from_slot_id,
             case when b.from_slot_id is not null then (select f.resource_id from slot f
               where f.clinic_no = b.clinic_no and f.id = b.from_slot_id) end as from_resource_id,
             -- In the order of the primary key, which no other index has.
             b.version > 1 and (select p.version = b.version - 1 and (p.xid, p.seq) > (b.xid, b.seq) from booking_event p
               where p.clinic_no = b.clinic_no and p.booking_id = b.booking_id and p.version >= b.version - 1
               order by p.version limit 1) as predecessor_is_later
        from (select * from booking_event t
               where (t.xid, t.seq) > (p_xid, p_seq) and t.xid < pg_snapshot_xmin(pg_current_snapshot())
               order by t.xid, t.seq limit p_limit) b
      union all
      (select d.xid, d.seq, d.resource_id, d.clinic_no, null, null, null, null, null, null, false
         from directory_change d
        where (d.xid, d.seq) > (p_xid, p_seq) and d.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by d.xid, d.seq limit p_limit)
      order by 1, 2
      limit p_limit
    ) e;
end
$function$;
