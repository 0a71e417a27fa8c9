-- first_instant: the first instant at which clocks of a zone show a local time. One that a day lacks is later by what
-- the day lacks: of midnight that is the first instant of the day. One that a day has twice, PostgreSQL takes as the
-- second: the first one has the offset of the day before.
--
-- Internal.
-- Locks: none. Fails: 22023 for a zone that is none. Idempotent: yes.
create or replace function holdfast.first_instant(p_local timestamp, p_timezone text) returns timestamptz
language sql stable parallel safe
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select case when e.at at time zone p_timezone = p_local then least(e.at, l.at) else l.at end
    from (select p_local at time zone p_timezone as at) l
   cross join lateral (
     -- By how much the offset has grown since the day before.
     select l.at + ((l.at at time zone p_timezone - (l.at - interval '24 hours') at time zone p_timezone)
                    - interval '24 hours') as at) e
$function$;
