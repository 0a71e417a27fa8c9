-- closure_times: the times of a clinic's closures that overlap [p_from, p_to): one row for each closure and time.
-- resource_id: of a closure of the whole clinic, null. p_resource_id: only those of this doctor, and of the whole
-- clinic; null: all.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.closure_times(
  p_clinic_no integer, p_from timestamptz, p_to timestamptz, p_resource_id uuid default null
) returns table (closure_id uuid, resource_id uuid, during tstzrange)
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
as $function$
#variable_conflict use_column
begin
  return query
  select k.id, k.resource_id, o.during
    from clinic c
    join closure k on k.clinic_no = c.no
   cross join lateral closure_occurrences(k.starts_at, k.ends_at, k.yearly, c.timezone, p_from, p_to) o(during)
   where c.no = p_clinic_no and k.removed_at is null
     and (p_resource_id is null or k.resource_id is null or k.resource_id = p_resource_id)
     -- No zone is a day from UTC.
     and (k.yearly or k.ends_at > p_from at time zone 'UTC' - interval '1 day'
                      and k.starts_at < p_to at time zone 'UTC' + interval '1 day');
end
$function$;
