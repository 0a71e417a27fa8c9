-- working_instant: the instant of a local time of working hours. One that a day lacks is later by what the day lacks,
-- as PostgreSQL takes it; of one that a day has twice, it is the first.
--
-- Internal. Locks: none. Fails: 22023 for a zone that is none. Idempotent: yes.
create or replace function holdfast.working_instant(p_local timestamp, p_timezone text) returns timestamptz
language sql stable parallel safe
return case when (p_local at time zone p_timezone) at time zone p_timezone <> p_local
            then p_local at time zone p_timezone
            else holdfast.first_instant(p_local, p_timezone) end;
