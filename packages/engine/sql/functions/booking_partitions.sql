-- booking_partitions: the partitions of booking, each with its month (UTC). In the schema of a shard, booking is a view
-- onto the partitioned table: docs/decisions/0051-on-citus-a-shard-has-a-schema.md. Not by pg_class: Citus hides the
-- rows of shards there.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booking_partitions() returns table (month timestamptz, partition regclass)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select to_date(name.parts[1], 'YYYY"m"MM')::timestamp at time zone 'UTC', i.inhrelid::regclass
    from pg_inherits i
   cross join lateral (
     select regexp_match(i.inhrelid::regclass::text, '(?:^|\.)booking_y(\d{4}m\d{2})(?:_\d+)?$') as parts) name
   where name.parts is not null
     and i.inhparent in (
       select 'holdfast.booking'::regclass::oid
       union all
       select d.refobjid from pg_rewrite r
         join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                         and d.refclassid = 'pg_class'::regclass
        where r.ev_class = 'holdfast.booking'::regclass)
$function$;
