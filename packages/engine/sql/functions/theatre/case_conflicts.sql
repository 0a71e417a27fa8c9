-- case_conflicts: everything that prevents a case, as far as the caller's snapshot shows, as a JSON array of
-- CaseConflict (src/model/theatre-case.ts): physical rules first, then soft ones, without those that p_plan overrides.
-- Empty: nothing. The rules of cases are only here, for claims, moves, swaps, bumps and checks. Conflicts with other
-- cases have bumpableCaseIds, if those cases may give way to the urgency of p_plan (with_bumpable_cases).
--
-- p_except_ids: cases whose allocations are about to be released. Holds that have lapsed by p_now take nothing.
-- p_needs, p_place, p_taking_ids: null, or what the caller has just read: the results of case_needs and place_of_case
-- for this plan, and at least the cases that take some of these needs.
-- p_overrun: the result of overrun_allocations, at least for these needs; null: it is read, without p_foresees.
-- A visit's slot takes the doctor with its buffers, and nothing while it is empty (takes_time): nobody books it without
-- the lock of its doctor.
-- Every unit of equipment that is taken counts as one of those that exist, even if its number is above theirs.
-- The order of the conflicts: the patient, the time, people, rooms and equipment that are taken, the block, soft rules.
-- A room's hours, a block's owner, its minutes and its end are a plan: urgent and immediate cases do not have to keep
-- to it. A closure of a doctor is an absence (person_away); one of the clinic, or a time of an external calendar, in
-- which surgeons write their days in the theatre, is none. An absence and the room of a request refuse neither urgent
-- and immediate cases, for which somebody comes in, nor what is over and entered afterwards. A requested room that is
-- inactive refuses nothing: no case gets it any more. The minutes and the end are one rule, block_overrun. The turnover
-- after the last case does not count. What a change of a case leaves alone is
-- not judged again by soft rules (kept_rules, docs/decisions/0030).
--
-- Internal. Locks: none; called under the locks of everything it reads, its result is final.
-- Fails: as case_needs. Idempotent: yes.
create or replace function holdfast.case_conflicts(
  p_clinic_no integer, p_plan jsonb, p_patient_id uuid, p_except_ids uuid[], p_now timestamptz,
  p_needs holdfast.case_need[] default null, p_place holdfast.case_place default null,
  p_taking_ids uuid[] default null, p_overrun holdfast.allocation[] default null
) returns jsonb
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
set jit = off
as $function$
#variable_conflict use_column
declare
  -- What is over can be entered afterwards, as after a night or an outage.
  c_past_max constant interval := '24 hours';
  -- The longest turnover and reprocessing: what begins later is free when a case that ends now has released it.
  c_turnover_max constant interval := '2 days';
  v_starts_at constant timestamptz := p_plan->>'startsAt';
  v_minutes constant integer := p_plan->>'minutes';
  v_ends_at constant timestamptz := v_starts_at + make_interval(mins => v_minutes);
  v_room_id constant uuid := p_plan->>'roomId';
  v_surgeon_id constant uuid := p_plan->>'surgeonId';
  v_keeps_to_plan constant boolean := coalesce(p_plan->>'urgency', '') not in ('urgent', 'immediate');
  v_is_arranged constant boolean := v_keeps_to_plan and v_ends_at > p_now;
  v_overridden constant jsonb := coalesce(p_plan->'override'->'rules', '[]');
  v_needs case_need[] := p_needs;
  v_need case_need;
  v_place case_place := p_place;
  v_taking_ids uuid[] := p_taking_ids;
  v_gone_ids uuid[] := p_except_ids;
  v_overrun allocation[] := p_overrun;
  v_former_ids uuid[]; v_former tstzrange;
  v_conflicts jsonb := '[]'; v_missing jsonb := '[]'; v_hard jsonb;
  v_kept text[];
  v_has_doctor boolean := false; v_is_taken boolean;
  v_free integer;
begin
  if v_needs is null then
    v_needs := array(select n from case_needs(p_clinic_no, p_plan, p_patient_id) n);
  end if;
  foreach v_need in array v_needs loop
    if v_need.resource_kind = 'doctor' then
      v_has_doctor := true;
    elsif v_need.kind = 'equipment' and v_need.units > v_need.units_max then
      v_missing := v_missing || jsonb_build_object('kind', 'units_missing', 'resourceId', v_need.resource_id,
                                                   'name', v_need.name, 'units', v_need.units_max);
    end if;
  end loop;

  -- 1. What is taken: by other cases, also beyond their ends, and people also by their clinic slots.
  if v_taking_ids is null then
    v_taking_ids := taking_cases(p_clinic_no, v_needs);
  end if;
  if cardinality(v_taking_ids) > 0 then
    v_gone_ids := v_gone_ids || lapsed_cases(p_clinic_no, v_taking_ids, p_now);
  end if;
  if v_overrun is null then
    v_overrun := case when v_starts_at >= p_now + c_turnover_max then '{}' else array(
      select o from overrun_allocations(p_clinic_no, array(select n.resource_id from unnest(v_needs) n), p_now,
                                        false) o) end;
  end if;
  if v_overrun <> '{}' then
    -- What the case has at this start already is not judged again: its nurse may change while it waits for its room.
    v_former_ids := case when p_plan->>'caseId' is null then '{}' else former_resources(p_clinic_no, p_plan) end;
    v_former := (select tstzrange(c.starts_at, c.ends_at) from theatre_case c
                  where c.clinic_no = p_clinic_no and c.booking_id = (p_plan->>'caseId')::uuid);
    v_overrun := array(
      select o from unnest(v_overrun) o
       where exists (select from unnest(v_needs) n where n.resource_id = o.resource_id and n.during && o.during)
         and not (o.resource_id = any (v_former_ids) and o.during && v_former));
  end if;
  v_is_taken := not v_taking_ids <@ v_gone_ids or v_overrun <> '{}';
  if v_has_doctor and not v_is_taken then
    v_is_taken := exists (
      select from unnest(v_needs) n
       cross join lateral (select from slot s
                            where s.clinic_no = p_clinic_no and s.resource_id = n.resource_id
                              and takes_time(s)
                              and tstzrange(s.starts_at, s.ends_at) && with_buffers(n.during)
                              and time_of_slot(s) && n.during limit 1) s
       where n.resource_kind = 'doctor');
  end if;
  if v_is_taken then
    select coalesce(jsonb_agg(jsonb_build_object(
             'kind', 'resource_busy', 'role', q.kind, 'resourceId', q.resource_id, 'name', q.name, 'unit', q.unit_no,
             'from', lower(q.busy), 'to', upper(q.busy), 'caseId', q.booking_id, 'slotId', q.slot_id,
             'missingUnits', q.missing_units)
             order by q.rank, q.path, lower(q.busy), q.unit_no), '[]')
      into v_conflicts
      from (
        select n.path, n.kind, n.resource_id, case when n.kind <> 'patient' then n.name end as name,
               array_position(array['room', 'surgeon', 'anaesthetist', 'staff', 'patient', 'equipment'], n.kind)
                 as rank,
               t.busy, t.booking_id, t.slot_id,
               case when n.kind = 'equipment' and t.unit > 0 then t.unit_no end as unit_no,
               -- Less than 1: enough are free.
               case when n.kind = 'equipment'
                    then n.units - n.units_max + dense_rank() over (partition by n.path order by t.unit)
                         + dense_rank() over (partition by n.path order by t.unit desc) - 1 end as missing_units
          from unnest(v_needs) n
         cross join lateral (
           select a.during as busy, a.booking_id, null::uuid as slot_id, a.unit_no, a.unit_no as unit
             from allocation a
            where a.clinic_no = p_clinic_no and a.resource_id = n.resource_id and a.during && n.during
              and a.booking_id <> all (v_gone_ids)
              and not exists (select from unnest(v_overrun) o
                               where o.booking_id = a.booking_id and o.resource_id = a.resource_id
                                 and o.unit_no = a.unit_no and o.during && n.during)
           union all
           -- If another case has or uses the unit at that time, they need two: the late one's has no number.
           select o.during, o.booking_id, null, o.unit_no,
                  case when exists (select from allocation a
                                     where a.clinic_no = p_clinic_no and a.resource_id = o.resource_id
                                       and a.unit_no = o.unit_no and a.booking_id <> o.booking_id
                                       and a.during && o.during and a.during && n.during
                                       and a.booking_id <> all (v_gone_ids))
                         or exists (select from unnest(v_overrun) t
                                     where t.resource_id = o.resource_id and t.unit_no = o.unit_no
                                       and t.booking_id <> o.booking_id and t.booking_id <> all (v_gone_ids)
                                       and t.during && o.during and t.during && n.during)
                       then -o.ordinality::integer else o.unit_no end
             from unnest(v_overrun) with ordinality o
            where o.resource_id = n.resource_id and o.during && n.during and o.booking_id <> all (v_gone_ids)
           union all
           select time_of_slot(s), null, s.id, null, null
             from slot s
            where n.resource_kind = 'doctor' and s.clinic_no = p_clinic_no and s.resource_id = n.resource_id
              and takes_time(s) and tstzrange(s.starts_at, s.ends_at) && with_buffers(n.during)
              and time_of_slot(s) && n.during) t
      ) q
     where q.missing_units is null or q.missing_units > 0;
  end if;
  v_conflicts := v_missing || v_conflicts;
  if v_starts_at < p_now - c_past_max then
    v_conflicts := '[{"kind": "in_past"}]' || v_conflicts;
  elsif v_starts_at > p_now + interval '2 years' then
    v_conflicts := '[{"kind": "too_far_ahead"}]' || v_conflicts;
  end if;
  if p_plan->'patient'->>'name' is not null then
    if exists (select from patient t
                where t.clinic_no = p_clinic_no and t.id = p_patient_id and t.erased_at is null
                  and not is_patient(t.name, t.birth_date, p_plan->'patient')) then
      v_conflicts := '[{"kind": "patient_mismatch"}]' || v_conflicts;
    end if;
  end if;

  -- 2. The block, or the room's open time.
  if v_place.room_id is null then
    select * into v_place from place_of_case(p_clinic_no, v_room_id, v_starts_at, v_surgeon_id);
  end if;
  if p_plan->>'blockId' is not null
     and (v_place.is_block and v_place.slot_id = (p_plan->>'blockId')::uuid) is not true then
    v_conflicts := v_conflicts || jsonb_build_object('kind', 'block_mismatch', 'blockId', p_plan->>'blockId');
  end if;
  if v_place.is_block then
    v_free := v_place.capacity - v_place.taken;
    if v_place.next_lapse <= p_now then
      v_free := v_free + lapsed_units(p_clinic_no, v_place.slot_id, v_place.next_lapse, p_now);
    end if;
    if cardinality(p_except_ids) > 0 then
      v_free := v_free
        + (select coalesce(sum(b.units), 0)
             from bookings_by_id(array_fill(p_clinic_no, array[cardinality(p_except_ids)]), p_except_ids) b
            where b.slot_id = v_place.slot_id and has_not_begun(p_clinic_no, b.id, b.status)
              and not hold_seems_lapsed(b.status, b.hold_expires_at, p_now));
    end if;
  end if;

  -- 3. Soft rules.
  v_hard := v_conflicts;
  if v_keeps_to_plan and v_place.hours is not null and not v_overridden ? 'outside_hours' then
    if not open_hours(v_place.hours, v_place.timezone, v_starts_at, v_ends_at) @> tstzrange(v_starts_at, v_ends_at) then
      v_conflicts := v_conflicts || '{"kind": "outside_hours"}'::jsonb;
    end if;
  end if;
  if v_keeps_to_plan and v_place.is_block and not v_overridden ? 'block_overrun' then
    if v_ends_at > v_place.ends_at or v_minutes > v_free then
      v_conflicts := v_conflicts || jsonb_build_object('kind', 'block_overrun', 'blockId', v_place.slot_id,
                                                       'blockEndsAt', v_place.ends_at,
                                                       'remainingMinutes', greatest(0, v_free));
    end if;
  end if;
  -- Blocks of a room do not overlap, so a case that is within an open one is in no other.
  if v_keeps_to_plan and not v_overridden ? 'block_owned'
     and (v_place.is_block and v_ends_at <= v_place.ends_at
          and block_is_open(v_place.block, v_place.starts_at, p_plan->>'service', v_surgeon_id, p_now)) is not true then
    v_conflicts := v_conflicts || (
      select coalesce(jsonb_agg(jsonb_build_object('kind', 'block_owned', 'blockId', s.id, 'service', k.service,
                                                   'surgeonId', k.surgeon_id) order by s.starts_at), '[]')
        from slot s
        join block k on k.clinic_no = s.clinic_no and k.slot_id = s.id
       where s.clinic_no = p_clinic_no and s.resource_id = v_room_id and s.withdrawn_at is null
         and tstzrange(s.starts_at, s.ends_at) && tstzrange(v_starts_at, v_ends_at)
         and not block_is_open(k, s.starts_at, p_plan->>'service', v_surgeon_id, p_now));
  end if;
  if cardinality(v_place.preferred_equipment_ids) > 0 and not v_overridden ? 'preferred_equipment' then
    v_conflicts := v_conflicts || (
      select coalesce(jsonb_agg(jsonb_build_object('kind', 'preferred_equipment', 'resourceId', e.id, 'name', e.name)
                                order by natural_order(e.name), e.id), '[]')
        from unnest(v_place.preferred_equipment_ids) p(id)
       cross join lateral (select t.id, t.name, t.active from resource t
                            where t.clinic_no = p_clinic_no and t.id = p.id limit 1) e
       where e.active
         and not p_plan->'equipment' @> jsonb_build_array(jsonb_build_object('equipmentId', e.id)));
  end if;
  if v_is_arranged and p_plan->>'requestId' is not null and not v_overridden ? 'room_not_requested' then
    v_conflicts := v_conflicts || (
      select coalesce(jsonb_agg(jsonb_build_object('kind', 'room_not_requested', 'resourceId', r.id, 'name', r.name)),
                      '[]')
        from case_request q
        join resource r on r.clinic_no = q.clinic_no and r.id = q.room_id
       where q.clinic_no = p_clinic_no and q.id = (p_plan->>'requestId')::uuid and q.room_id <> v_room_id
         and r.active);
  end if;
  if v_is_arranged and v_has_doctor and not v_overridden ? 'person_away'
     -- Few doctors have a closure near the case. All closures that the clinic has to come are read only for these.
     and exists (select from unnest(v_needs) n
                  cross join lateral (
                    select from closure k
                     where k.clinic_no = p_clinic_no and k.resource_id = n.resource_id and k.removed_at is null
                       and k.ends_at > v_starts_at at time zone 'UTC' - interval '1 day'
                       and k.starts_at < v_ends_at at time zone 'UTC' + interval '1 day'
                    union all
                    select from closure k
                     where k.clinic_no = p_clinic_no and k.resource_id = n.resource_id and k.removed_at is null
                       and k.yearly
                    limit 1) k
                  where n.resource_kind = 'doctor') then
    v_conflicts := v_conflicts || (
      select coalesce(jsonb_agg(jsonb_build_object('kind', 'person_away', 'role', n.kind, 'resourceId', n.resource_id,
                                                   'name', n.name, 'from', lower(t.during), 'to', upper(t.during))
                                order by n.path, lower(t.during)), '[]')
        from unnest(v_needs) n
       cross join lateral closure_times(p_clinic_no, lower(n.during), upper(n.during), n.resource_id) t
       where n.resource_kind = 'doctor' and t.resource_id = n.resource_id);
  end if;
  -- Few cases break one, so only here is it read whether theirs keeps it.
  if v_conflicts <> v_hard and p_plan->>'caseId' is not null then
    v_kept := kept_rules(p_clinic_no, p_plan, v_place);
    if cardinality(v_kept) > 0 then
      v_conflicts := (select coalesce(jsonb_agg(f.item order by f.n), '[]')
                        from jsonb_array_elements(v_conflicts) with ordinality f(item, n)
                       where f.item->>'kind' <> all (v_kept));
    end if;
  end if;
  if v_conflicts <> '[]' and may_bump(p_plan->>'urgency', 'elective') then
    v_conflicts := with_bumpable_cases(p_clinic_no, p_plan, v_conflicts, v_gone_ids, p_now);
  end if;
  return v_conflicts;
end
$function$;
