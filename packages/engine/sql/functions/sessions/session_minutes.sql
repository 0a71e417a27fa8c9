-- session_minutes: how many minutes of each day doctors of a clinic had open for visits, and how many of these visits
-- took. Open is what a session has beside fixed slots, cases and busy times, and the time of a visit in any case, so
-- that a session that was withdrawn around it does not matter. Buffers are open, and not taken. Visits of one doctor at
-- the same time are one visit of a group, which counts once.
--
-- p_starts: when the days begin, in order; each lasts until the next one, the last one until p_end. n: the day, from 1.
-- Days without either have no row. Holds that have lapsed take nothing.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.session_minutes(p_clinic_no integer, p_starts timestamptz[], p_end timestamptz)
  returns table (n integer, open bigint, taken bigint)
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
as $function$
  with sessions as materialized (
    select s.resource_id, range_agg(tstzrange(s.starts_at, s.ends_at)) as during
      from open_session s
     where s.clinic_no = p_clinic_no and s.withdrawn_at is null
       and s.starts_at > p_starts[1] - interval '25 hours' and s.starts_at < p_end
     group by 1
  ), slots as materialized (
    select s.resource_id, s.session_id is not null as is_visit,
           range_agg(tstzrange(s.starts_at, s.ends_at)) as during
      from slot s
      join resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id and r.kind = 'doctor'
     where s.clinic_no = p_clinic_no and s.starts_at > p_starts[1] - interval '25 hours' and s.starts_at < p_end
       and takes_time(s)
       -- Fixed slots matter beside sessions alone: many clinics have none.
       and case when s.session_id is null then s.resource_id in (select o.resource_id from sessions o)
                else s.taken > case when s.next_lapse <= statement_timestamp()
                                    then lapsed_units(s.clinic_no, s.id, s.next_lapse, statement_timestamp())
                                    else 0 end end
     group by 1, 2
  ), doctors as materialized (
    select k.resource_id, coalesce(v.during, '{}') as visits,
           coalesce(o.during, '{}') - coalesce(f.during, '{}')
             - busy_times(p_clinic_no, k.resource_id, p_starts[1], p_end)
             - (select coalesce(range_agg(a.during), '{}') from allocation a
                 where a.clinic_no = p_clinic_no and a.resource_id = k.resource_id
                   and a.during && tstzrange(p_starts[1], p_end)) as free
      from (select resource_id from sessions union select resource_id from slots where is_visit) k
      left join sessions o on o.resource_id = k.resource_id
      left join slots v on v.resource_id = k.resource_id and v.is_visit
      left join slots f on f.resource_id = k.resource_id and not f.is_visit
  )
  select d.n, round(sum(m.minutes) filter (where not p.is_visit))::bigint,
         coalesce(round(sum(m.minutes) filter (where p.is_visit)), 0)::bigint
    from (select false as is_visit, unnest(k.free + k.visits) as during from doctors k
           union all
          select true, unnest(k.visits) from doctors k) p
   cross join lateral generate_series(greatest(width_bucket(lower(p.during), p_starts), 1),
                                      width_bucket(upper(p.during), p_starts)) d(n)
   cross join lateral (
     select p.during * tstzrange(p_starts[d.n], coalesce(p_starts[d.n + 1], p_end)) as during) t
   cross join lateral (select extract(epoch from upper(t.during) - lower(t.during)) / 60 as minutes) m
   where not isempty(t.during)
   group by d.n
$function$;
