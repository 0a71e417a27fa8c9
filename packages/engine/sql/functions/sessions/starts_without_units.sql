-- starts_without_units: when visits of a type cannot begin between p_from and p_to, because a room or device that they
-- need has no free unit for all of their time: as units_for_visit says of a single start.
--
-- A unit that is taken from a to b is not free for visits that begin after a - minutes - buffer after, and before
-- b + buffer before. A need is not met where this is so of all of its units.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.starts_without_units(
  p_clinic_no integer, p_visit holdfast.offered_visit, p_from timestamptz, p_to timestamptz, p_now timestamptz,
  p_without uuid default null
) returns tstzmultirange
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $function$
begin
  return (
    select coalesce(range_agg(n.starts), '{}')
      from (select range_intersect_agg(case when t.resource_id is null then '{(,)}'::tstzmultirange
                                            else coalesce(o.starts, '{}') end) as starts
              from taken_units(p_clinic_no, (p_visit).visit_type_id, p_from - interval '4 hours',
                               p_to + interval '29 hours', p_now, p_without) t
             cross join lateral (
               select range_agg(tstzrange(
                        lower(u.during) - make_interval(mins => (p_visit).minutes + (p_visit).buffer_after_minutes),
                        upper(u.during) + make_interval(mins => (p_visit).buffer_before_minutes), '()')) as starts
                 from unnest(t.taken) u(during)) o
             group by t.need) n);
end
$function$;
