-- booking_months: the months (UTC) that have a partition of booking, the earliest first. In the schema of a shard,
-- booking is a view onto the partitioned table: docs/decisions/0051-on-citus-a-shard-has-a-schema.md. Not by pg_class:
-- Citus hides the rows of shards there.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booking_months() returns setof timestamptz
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select to_date(month.parts[1], 'YYYY"m"MM')::timestamp at time zone 'UTC'
    from pg_inherits i
   cross join lateral (
     select regexp_match(i.inhrelid::regclass::text, '(?:^|\.)booking_y(\d{4}m\d{2})(?:_\d+)?$') as parts) month
   where month.parts is not null
     and i.inhparent in (
       select 'holdfast.booking'::regclass::oid
       union all
       select d.refobjid from pg_rewrite r
         join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                         and d.refclassid = 'pg_class'::regclass
        where r.ev_class = 'holdfast.booking'::regclass)
   order by 1
$function$;
