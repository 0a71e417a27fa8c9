-- first_instant: the first instant at which clocks of a zone show a local time, or skip it, because the day lacks it.
-- One that a day has twice, PostgreSQL takes as the second: the first one has the offset of the day before.
--
-- The planner replaces a call by this body.
-- Locks: none. Fails: 22023 for a zone that is none. Idempotent: yes.
create or replace function holdfast.first_instant(p_local timestamp, p_timezone text) returns timestamptz
language sql stable parallel safe
return case
  when (p_local at time zone p_timezone) at time zone p_timezone <> p_local
    then holdfast.end_of_gap(p_local, p_timezone)
  else p_local at time zone p_timezone
       -- If the offset has become smaller since the day before, the time may be shown twice.
       + case when ((p_local at time zone p_timezone)
                    + ((p_local - (p_local at time zone p_timezone - interval '24 hours') at time zone p_timezone)
                       - interval '24 hours')) at time zone p_timezone = p_local
              then least(interval '0', (p_local - (p_local at time zone p_timezone - interval '24 hours')
                                                    at time zone p_timezone) - interval '24 hours')
              else interval '0' end
  end;
