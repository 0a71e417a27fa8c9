-- digests_since: the time from which every row has the digest that a migration added: an hour after it was applied.
-- Until then, transactions that had begun before, and functions of the release before, wrote rows without one.
--
-- Internal: called by verify.
-- Locks: none. Fails: never; infinity for a migration that was not applied. Idempotent: yes.
create or replace function holdfast.digests_since(p_migration integer) returns timestamptz
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select coalesce(max(m.applied_at) + interval '1 hour', 'infinity') from migration m where m.version = p_migration
$function$;
