-- overrun_allocations: the allocations of these resources to cases that need them before or after the time for which
-- they have them, each as long as it is needed. A patient who is in the room keeps the room, the people and the
-- equipment, whatever was planned; then the room is cleaned and equipment is reprocessed (taken_until), also if the
-- next case has the resource by then. case_conflicts refuses cases that need it meanwhile.
--
-- A case counts once its patient is recorded as being in the room, also before its planned start. If that time is still
-- to come (a clock that is ahead, or a plan that is tried out), it counts from then on. A plan that is tried out more
-- than 12 hours before the case has what was allocated, and no more. 12 hours after the end of an allocation, a patient
-- who is not recorded as having left is taken for forgotten. p_foresees: false: the case ends at p_now at the earliest;
-- true, for suggestions: it ends when will_end says.
-- Internal.
-- Locks: none; under the locks of the resources, the result is final: a recording of in_room has them (lock_case).
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
  -- A milestone is at most twelve hours before its plan and five minutes ahead (earliest_milestone, record_milestone),
  -- but in trials. Each claim would read all that is ahead for these, under its locks: with 8 resources that have 480
  -- allocations each, in 10 ms, not 6.
  v_near constant tstzrange := tstzrange(p_now - c_forgotten_after, p_now + interval '12 hours 5 minutes');
  v_found record;
  v_case theatre_case;
  v_allocation allocation;
  v_from timestamptz; v_until timestamptz;
begin
  for v_found in
    select a as allocation, c as theatre_case, r.turnover_minutes, m.in_room_at, m.has_ended
      from unnest(p_resource_ids) i(id)
     cross join lateral (
       select t as found from allocation t
        where t.clinic_no = p_clinic_no and t.resource_id = i.id and t.during && v_near
        union all
       -- Who came to a case that was late has it for no time (relieve_team), and so has a case that ended early.
       select t from allocation t
        where t.clinic_no = p_clinic_no and t.resource_id = i.id and isempty(t.during) and v_near @> t.planned_at
       offset 0) q
     cross join lateral (select (q.found).*) a
     cross join lateral (
       select max(e.at) filter (where e.milestone = 'in_room') as in_room_at,
              bool_or(e.milestone in ('out_of_room', 'cleaned')) as has_ended
         from case_milestone e where e.clinic_no = p_clinic_no and e.booking_id = a.booking_id) m
      join theatre_case c on c.clinic_no = p_clinic_no and c.booking_id = a.booking_id
      join resource r on r.clinic_no = p_clinic_no and r.id = i.id
     where m.in_room_at is not null and not has_left(a.kind, a.resource_id, c)
       and (m.has_ended or exists (select from bookings_by_id(array[p_clinic_no], array[c.booking_id]) b
                                    where b.status = 'ARRIVED'))
  loop
    v_case := v_found.theatre_case;
    v_allocation := v_found.allocation;
    v_from := coalesce(lower(v_allocation.during), v_allocation.planned_at);
    -- Who came to the running case was not there before.
    if v_from <= v_case.starts_at then
      v_from := least(v_from, v_found.in_room_at);
    end if;
    v_until := taken_until(v_allocation.kind, v_case, v_found.turnover_minutes);
    if v_found.has_ended then
      -- What the allocation contains needs no prolonging.
      continue when v_until <= coalesce(upper(v_allocation.during), v_found.in_room_at);
      v_allocation.during := tstzrange(v_from, greatest(v_from, v_until));
    else
      v_until := v_until - v_case.expected_ends_at
        + case when p_foresees then will_end(v_case, p_now) else greatest(p_now, v_case.expected_ends_at) end;
      -- What begins at this moment is too early, too, if the case should be over, unless all is foreseen to be free
      -- then.
      v_allocation.during := tstzrange(
        v_from, greatest(v_from, v_until),
        case when p_foresees or v_case.expected_ends_at > p_now then '[)' else '[]' end);
    end if;
    v_allocation.planned_at := null;
    return next v_allocation;
  end loop;
end
$function$;
