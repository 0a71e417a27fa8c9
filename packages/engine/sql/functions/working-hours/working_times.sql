-- working_times: when a doctor works by the working hours, for each band and day from p_from to p_to, by start.
--
-- band: identifies what the band is on a day: its local times, the clinic's zone, and what is created. It does not
-- depend on the weekdays, or on when the working hours were written.
-- A band belongs to the day on which it begins, and ends on the next one if its end is not after its start. Every
-- n-th week is counted from the week of the band's inWeekOf, or of valid_from if it has none; weeks begin on Mondays.
-- A local time that does not exist moves forward by the gap, and one that exists twice is the first. Bands that
-- overlap by this, or because other working hours end in the night, begin later, when the one before is over. None
-- lasts longer than a session may, 25 hours.
-- p_draft: as in working_hours_plan.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.working_times(
  p_clinic_no integer, p_resource_id uuid, p_from date, p_to date, p_draft jsonb default null
) returns table (
  band uuid, day date, starts_at timestamptz, ends_at timestamptz, grid_minutes integer, slot_minutes integer,
  capacity integer, visit_type_ids uuid[]
)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
as $function$
  select q.band, q.day, q.starts_at, q.ends_at, q.grid_minutes, q.slot_minutes, q.capacity, q.visit_type_ids
    from (select t.*,
                 greatest(t.start_at, max(t.end_at) over (order by t.start_at, t.local_at
                                                          rows between unbounded preceding and 1 preceding))
                   as starts_at,
                 least(t.end_at, t.start_at + interval '25 hours') as ends_at
            from (select encode(substr(sha256(convert_to(concat_ws(
                           ' ', c.timezone, b."from", b."to", 'grid ' || b."gridMinutes", 'slots ' || b."slotMinutes",
                           b.capacity, b."visitTypeIds"), 'UTF8')), 1, 16), 'hex')::uuid as band,
                         d.at::date as day, b."gridMinutes" as grid_minutes, b."slotMinutes" as slot_minutes,
                         b.capacity, b."visitTypeIds" as visit_type_ids,
                         d.at + b."from"::interval as local_at,
                         working_instant(d.at + b."from"::interval, c.timezone) as start_at,
                         working_instant(d.at + b."to"::interval
                                         + case when b."to" <= b."from" then interval '1 day' else '0' end,
                                       c.timezone) as end_at
                    from clinic c
                   cross join lateral (
                     select w.valid_from, least(w.valid_until, (p_draft ->> 'validFrom')::date - 1) as valid_until,
                            w.bands
                       from working_hours w
                      where w.clinic_no = c.no and w.resource_id = p_resource_id
                        and (p_draft is null or w.valid_from < (p_draft ->> 'validFrom')::date)
                      union all
                     select (p_draft ->> 'validFrom')::date, (p_draft ->> 'validUntil')::date, p_draft -> 'bands'
                      where p_draft is not null) h
                   cross join lateral jsonb_to_recordset(h.bands) b(
                     weekdays integer[], "from" text, "to" text, "everyWeeks" integer, "inWeekOf" date,
                     "gridMinutes" integer, "slotMinutes" integer, capacity integer, "visitTypeIds" uuid[])
                   cross join lateral generate_series(greatest(h.valid_from, p_from - 1)::timestamp,
                                                      least(h.valid_until, p_to)::timestamp, interval '1 day') d(at)
                   where c.no = p_clinic_no
                     and daterange(h.valid_from, h.valid_until, '[]') && daterange(p_from - 1, p_to, '[]')
                     and extract(isodow from d.at) = any (b.weekdays)
                     and (date_trunc('week', d.at)::date
                          - date_trunc('week', coalesce(b."inWeekOf", h.valid_from)::timestamp)::date) / 7
                         % b."everyWeeks" = 0) t
           where t.start_at < t.end_at) q
   where q.day between p_from and p_to and q.starts_at < q.ends_at
   order by q.starts_at
$function$;
