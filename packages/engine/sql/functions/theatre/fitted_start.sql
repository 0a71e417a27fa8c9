-- fitted_start: when an allocation of a case begins after fit_allocations: where it begins now, at the planned start or
-- when somebody came to the running case. If that was not running after all (its milestones were removed), it begins at
-- the planned start for those who came, too: all of them are needed from then on. Who came after the planned start has
-- the time before only if it is free.
--
-- Internal.
-- Locks: none; the caller has lock_case. Fails: never. Idempotent: yes.
create or replace function holdfast.fitted_start(
  p_allocation holdfast.allocation, p_case holdfast.theatre_case
) returns timestamptz
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_starts_at constant timestamptz := coalesce(lower(p_allocation.during), p_allocation.planned_at);
  v_before constant tstzrange := tstzrange(p_case.starts_at, greatest(p_case.starts_at, v_starts_at));
begin
  if v_starts_at = p_case.starts_at or has_left(p_allocation.kind, p_allocation.resource_id, p_case)
     or exists (select from case_milestone m
                 where m.clinic_no = p_case.clinic_no and m.booking_id = p_case.booking_id
                   and m.milestone <> 'arrived')
     or exists (select from allocation n
                 where n.clinic_no = p_case.clinic_no and n.resource_id = p_allocation.resource_id
                   and n.booking_id <> p_case.booking_id and n.during && v_before)
     or exists (select from slot s
                 where s.clinic_no = p_case.clinic_no and s.resource_id = p_allocation.resource_id
                   and takes_time(s) and tstzrange(s.starts_at, s.ends_at) && with_buffers(v_before)
                   and time_of_slot(s) && v_before) then
    return v_starts_at;
  end if;
  return p_case.starts_at;
end
$function$;
