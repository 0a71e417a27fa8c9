-- end_of_gap: the instant at which clocks of a zone skip a local time that the day lacks.
--
-- Called by first_instant.
-- Locks: none. Fails: 22023 for a zone that is none. Idempotent: yes.
create or replace function holdfast.end_of_gap(p_local timestamp, p_timezone text) returns timestamptz
language sql stable parallel safe
return (
  -- PostgreSQL takes a time that a day lacks as so much later as the day lacks.
  select min(t.at)
    from generate_series(p_local at time zone p_timezone
                           - ((p_local at time zone p_timezone) at time zone p_timezone - p_local),
                         p_local at time zone p_timezone, interval '1 minute') t(at)
   where t.at at time zone p_timezone >= p_local);
