-- desk_only_times: when slots begin that patients cannot book at p_at, and the clinic's people can: within the minimum
-- notice, and beyond the booking horizon. A notice or horizon of null: without bound.
--
-- claim_verdict has the same rule for claims.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.desk_only_times(
  p_at timestamptz, p_notice_minutes integer, p_horizon_days integer
) returns tstzmultirange
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  return tstzmultirange(tstzrange(p_at, p_at + make_interval(mins => p_notice_minutes)))
       + tstzmultirange(tstzrange(p_at + make_interval(days => p_horizon_days), null, '()'));
end
$function$;
