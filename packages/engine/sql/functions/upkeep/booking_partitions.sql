-- booking_partitions: the partitions of booking, each with its month (UTC).
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booking_partitions() returns table (month timestamptz, partition regclass)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select to_date(name.parts[1], 'YYYY"m"MM')::timestamp at time zone 'UTC', i.inhrelid::regclass
    from pg_inherits i
   cross join lateral (
     select regexp_match(i.inhrelid::regclass::text, '(?:^|\.)booking_y(\d{4}m\d{2})$') as parts) name
   where i.inhparent = 'holdfast.booking'::regclass and name.parts is not null
$function$;
