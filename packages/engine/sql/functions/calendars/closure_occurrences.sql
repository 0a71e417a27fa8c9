-- closure_occurrences: when a closure with these local times is, as far as it overlaps [p_from, p_to), by start. It
-- begins when the clocks of the zone first show its start, or skip it, and lasts until they last show its end, so that
-- a whole day has 23 or 25 hours where the time changes. A yearly one is the same day of each year from its first on;
-- years without a 29 February have none.
--
-- The planner replaces a call by this body: without that, a call took 0.7 ms.
-- Locks: none. Fails: 22023 for a zone that is none. Idempotent: yes.
create or replace function holdfast.closure_occurrences(
  p_starts_at timestamp, p_ends_at timestamp, p_yearly boolean, p_timezone text, p_from timestamptz, p_to timestamptz
) returns setof tstzrange
language sql stable parallel safe
as $function$
  select o.during
    from (select p_starts_at as starts_at, p_ends_at as ends_at where not p_yearly
          union all
          select d.day, d.day + interval '1 day'
            from generate_series(greatest(extract(year from p_starts_at), extract(year from p_from) - 1)::integer,
                                 extract(year from p_to)::integer + 1) y(year)
           cross join lateral (
             select p_starts_at + make_interval(years => y.year - extract(year from p_starts_at)::integer) as day) d
           where p_yearly and extract(day from d.day) = extract(day from p_starts_at)
             -- No zone is a day from UTC.
             and d.day > (p_from at time zone 'UTC') - interval '2 days'
             and d.day < (p_to at time zone 'UTC') + interval '1 day') l
   cross join lateral (select holdfast.first_instant(l.starts_at, p_timezone) as at) s
   -- Of an end that a day has twice, PostgreSQL takes the second. Both times may be ones that the day lacks.
   cross join lateral (select tstzrange(s.at, greatest(s.at, l.ends_at at time zone p_timezone)) as during) o
   where o.during && tstzrange(p_from, p_to)
   order by o.during
$function$;
