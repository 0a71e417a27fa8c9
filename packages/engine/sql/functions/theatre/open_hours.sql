-- open_hours: when a room is open between two instants and a day before, from its local opening times,
-- [{weekday, from, to}] as in resource.hours; null: always. Adjacent times, also over midnight, are one range. A local
-- time that a day lacks or has twice is the one that PostgreSQL takes.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: 22007 for a time that is none. Idempotent: yes.
create or replace function holdfast.open_hours(
  p_hours jsonb, p_timezone text, p_from timestamptz, p_to timestamptz
) returns tstzmultirange
language sql stable parallel safe
return case when p_hours is null then tstzmultirange(tstzrange(null, null))
            else coalesce((
              select range_agg(tstzrange((d.day + h."from") at time zone p_timezone,
                                         (d.day + h."to") at time zone p_timezone))
                -- The arguments are timestamps: from dates, it makes instants, which the conversion above would
                -- misread.
                from generate_series(date_trunc('day', p_from at time zone p_timezone) - interval '1 day',
                                     date_trunc('day', p_to at time zone p_timezone), interval '1 day') d(day)
                join jsonb_to_recordset(p_hours) h(weekday integer, "from" time, "to" time)
                  on h.weekday = extract(isodow from d.day)), '{}'::tstzmultirange) end;
