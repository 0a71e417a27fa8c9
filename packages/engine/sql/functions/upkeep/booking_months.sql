-- booking_months: the months (UTC) that have a partition of booking, the earliest first.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.booking_months() returns setof timestamptz
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select month from booking_partitions() order by month
$function$;
