-- offer_until: until when a place that becomes free at p_now is offered to those who wait for it; null: it is not
-- offered, because too little time is left. An offer is open for the clinic's time, and shorter as the visit nears:
--
--   the visit begins in     24 hours or more   4 hours or more   2 hours or more   less
--   at most                 p_offer_minutes    20 minutes        10 minutes        5 minutes
--
-- It ends p_notice_minutes before the visit at the latest, and is open for at least two minutes.
--
-- p_quiet_until: when the quiet hours end that p_now is in; null: it is in none. Nobody answers before: the time of an
-- offer begins then, and is 15 minutes at least. If that is too late for the visit, or more than 24 hours ahead,
-- the offer is as at any other time.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.offer_until(
  p_now timestamptz, p_starts_at timestamptz, p_offer_minutes integer, p_notice_minutes integer,
  p_quiet_until timestamptz
) returns timestamptz
language plpgsql immutable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_latest constant timestamptz := p_starts_at - make_interval(mins => p_notice_minutes);
  v_from timestamptz;
  v_until timestamptz;
begin
  foreach v_from in array array_remove(array[p_quiet_until, p_now], null) loop
    v_until := v_from + make_interval(mins => least(p_offer_minutes,
      case when p_starts_at - v_from >= interval '24 hours' then p_offer_minutes
           when p_starts_at - v_from >= interval '4 hours' then 20
           when p_starts_at - v_from >= interval '2 hours' then 10
           else 5 end));
    exit when v_from = p_now;
    v_until := greatest(v_until, v_from + interval '15 minutes');
    if v_until <= least(v_latest, p_now + interval '24 hours') then
      return v_until;
    end if;
  end loop;
  v_until := least(v_until, v_latest);
  return case when v_until >= p_now + interval '2 minutes' then v_until end;
end
$function$;
