-- visits_from: the lowest id of the bookings among which visits of people are looked for: p_from, or that of six months
-- ago, so that not too many months are locked (docs/decisions/0011). Who calls it has statements planned for it.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.visits_from(p_from uuid) returns uuid
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select greatest(p_from, ids_from(statement_timestamp() - interval '6 months'))
$function$;
