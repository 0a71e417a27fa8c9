-- busy_times: when a resource is busy between two instants, from all sources: a doctor's external calendar, and the
-- closures of the doctor and of the clinic. A time at the edge may reach beyond. Closures of the clinic concern doctors
-- alone: its operating rooms stay open.
--
-- Whoever writes slots by it has locked the resource before, so that each change of a source, which is applied under
-- that lock (apply_busy_times), finds the slots or was seen here.
--
-- Internal: the application's role may not execute it.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.busy_times(
  p_clinic_no integer, p_resource_id uuid, p_from timestamptz, p_to timestamptz
) returns tstzmultirange
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
as $function$
begin
  return (
    select coalesce(range_agg(q.during), '{}')
      from (select d.during
              from busy_calendar b
             cross join lateral unnest(b.busy) d(during)
             where b.clinic_no = p_clinic_no and b.resource_id = p_resource_id and d.during && tstzrange(p_from, p_to)
            union all
            select t.during
              from resource r
             cross join lateral closure_times(p_clinic_no, p_from, p_to, p_resource_id) t
             where r.clinic_no = p_clinic_no and r.id = p_resource_id
               and (t.resource_id = r.id or t.resource_id is null and r.kind = 'doctor')) q);
end
$function$;
