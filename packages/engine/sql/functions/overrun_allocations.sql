-- overrun_allocations: the allocations of these resources to cases that still need them after their end, each prolonged
-- until the case releases the resource. A patient who is still in the room keeps the room, the people and the
-- equipment, whatever was planned; then the room is cleaned and equipment is reprocessed (taken_until). case_conflicts
-- refuses cases that need a resource before that.
--
-- A case counts if its patient came into the room and is not recorded as having left it. 12 hours after the end of an
-- allocation, this is taken for forgotten. p_foresees: false: the case ends at p_now at the earliest; true, for
-- suggestions: it ends when will_end says.
-- Internal.
-- Locks: none; under the locks of the resources, the result is final: whoever records in_room has them (lock_case).
-- Fails: never. Idempotent: yes.
create or replace function holdfast.overrun_allocations(
  p_clinic_no integer, p_resource_ids uuid[], p_now timestamptz, p_foresees boolean
) returns setof holdfast.allocation
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  c_forgotten_after constant interval := '12 hours';
  v_found record;
  v_allocation allocation;
  v_from timestamptz; v_until timestamptz;
begin
  for v_found in
    select a as allocation, c as theatre_case, r.turnover_minutes
      from unnest(p_resource_ids) i(id)
     cross join lateral (
       select t as found from allocation t
        where t.clinic_no = p_clinic_no and t.resource_id = i.id
          and t.during && tstzrange(p_now - c_forgotten_after, p_now)
        union all
       -- Who came to a case that was late has it for no time (relieve_team).
       select t from allocation t
        where t.clinic_no = p_clinic_no and t.resource_id = i.id and isempty(t.during)
          and t.planned_at between p_now - c_forgotten_after and p_now offset 0) q
     cross join lateral (select (q.found).*) a
      join theatre_case c on c.clinic_no = p_clinic_no and c.booking_id = a.booking_id
      join resource r on r.clinic_no = p_clinic_no and r.id = i.id
     where not has_left(a.kind, a.resource_id, c)
       and exists (select from case_milestone m
                    where m.clinic_no = p_clinic_no and m.booking_id = c.booking_id and m.milestone = 'in_room'
                      and m.at <= p_now)
       and not exists (select from case_milestone m
                        where m.clinic_no = p_clinic_no and m.booking_id = c.booking_id
                          and m.milestone in ('out_of_room', 'cleaned'))
       and exists (select from bookings_by_id(array[p_clinic_no], array[c.booking_id]) b
                    where b.status = 'ARRIVED')
  loop
    v_allocation := v_found.allocation;
    v_from := coalesce(lower(v_allocation.during), v_allocation.planned_at);
    v_until := taken_until(v_allocation.kind, v_found.theatre_case, v_found.turnover_minutes)
      - (v_found.theatre_case).expected_ends_at
      + case when p_foresees then will_end(v_found.theatre_case, p_now)
             else greatest(p_now, (v_found.theatre_case).expected_ends_at) end;
    -- What begins at this moment is too early, too, unless it is foreseen that all is free then.
    v_allocation.during := tstzrange(v_from, greatest(v_from, v_until), case when p_foresees then '[)' else '[]' end);
    v_allocation.planned_at := null;
    return next v_allocation;
  end loop;
end
$function$;
