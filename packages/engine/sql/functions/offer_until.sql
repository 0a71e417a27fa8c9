-- offer_until: until when a place that becomes free at p_now is offered to who waits for it; null: it is not offered,
-- because too little time is left. An offer is open for the clinic's time, and shorter as the visit nears:
--
--   the visit begins in     24 hours or more   4 hours or more   2 hours or more   less
--   at most                 p_offer_minutes    20 minutes        10 minutes        5 minutes
--
-- It ends p_notice_minutes before the visit at the latest, and is open for at least two minutes.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.offer_until(
  p_now timestamptz, p_starts_at timestamptz, p_offer_minutes integer, p_notice_minutes integer
) returns timestamptz
language plpgsql immutable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_ahead constant interval := p_starts_at - p_now;
  v_until timestamptz := p_now + make_interval(mins => least(p_offer_minutes,
    case when v_ahead >= interval '24 hours' then p_offer_minutes
         when v_ahead >= interval '4 hours' then 20
         when v_ahead >= interval '2 hours' then 10
         else 5 end));
begin
  v_until := least(v_until, p_starts_at - make_interval(mins => p_notice_minutes));
  return case when v_until >= p_now + interval '2 minutes' then v_until end;
end
$function$;
