-- bound_recent_ids: gives recent_ids its constant: the first id of the month (UTC) that contains the time 35 days ago.
-- Late ids end at 31 days: the database's clock may go back by four days, in a failover, before an id is neither.
--
-- Internal: called by ensure_partitions, which makes servers plan their statements again when it adds a partition.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.bound_recent_ids() returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set timezone = 'UTC'
as $function$
declare
  v_from uuid := id_floor(date_trunc('month', clock_timestamp() - interval '35 days'));
begin
  if (select p.prosqlbody is null or position(v_from::text in pg_get_functiondef(p.oid)) = 0
        from pg_proc p where p.oid = 'holdfast.recent_ids'::regproc) then
    execute format('create or replace function holdfast.recent_ids() returns uuid '
                   'language sql immutable parallel safe return %L::uuid', v_from);
  end if;
end
$function$;
