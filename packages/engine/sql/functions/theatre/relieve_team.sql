-- relieve_team: changes the anaesthetist and the staff of a running case from now on. What those who leave have of it
-- ends now, so that they can be booked elsewhere; those who come have it until its expected end, and nothing else may
-- need them until then. The case keeps its room, times, surgeon, patient and equipment. A person who comes again has
-- only the new time among the allocations; the log has both.
-- After its expected end, nothing else may need those who come now. They have it for no time then, as its others do,
-- until that end is prolonged: another case can be planned for them, and is at risk by this one.
--
-- p_plan: the plan of the case with its new team, as schedule_cases has it; only its team is changed.
-- The result is a row of schedule_cases. The event is `moved`, with relieved: {left, joined, changed}:
-- two lists of ids, and {id, role} of those who stay in another role.
-- Outcomes: done | unchanged (it has this team, in any order, or the request was repeated) | refused |
--   resource_invalid (of those who come) | case_missing | invalid_transition | retry (it was changed since it was read)
-- Locks: as lock_case, with the new team.
-- Fails: 22P02 for an id that is none; 55P03 after the connection's lock timeout. Idempotent: yes.
create or replace function holdfast.relieve_team(p_clinic_no integer, p_plan jsonb, p_actor_id uuid, p_key uuid)
  returns table (outcome text, detail jsonb, booking_id uuid, tx xid8, cases jsonb)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
set jit = off
as $function$
#variable_conflict use_column
declare
  v_anaesthetist_id constant uuid := p_plan->>'anaesthetistId';
  v_staff_ids constant uuid[] := staff_of_case(p_plan);
  v_team_ids constant uuid[] := array_remove(v_anaesthetist_id || v_staff_ids, null);
  v_former_ids uuid[]; v_joined_ids uuid[]; v_left_ids uuid[];
  v_changed jsonb;
  v_now timestamptz;
  v_lock record;
  v_booking booking;
  v_case theatre_case;
  v_needs case_need[];
  v_until timestamptz; -- The people who come are examined until then.
begin
  booking_id := p_plan->>'caseId';
  v_lock := lock_case(p_clinic_no, booking_id, null, v_team_ids);
  v_booking := v_lock.booking;
  v_now := greatest(v_lock.at, v_booking.updated_at);
  select * into v_case from theatre_case c where c.clinic_no = p_clinic_no and c.booking_id = relieve_team.booking_id;
  v_former_ids := array_remove(v_case.anaesthetist_id || v_case.staff_ids, null);
  v_joined_ids := array(select t.id from unnest(v_team_ids) t(id) where t.id <> all (v_former_ids));
  v_left_ids := array(select t.id from unnest(v_former_ids) t(id) where t.id <> all (v_team_ids));
  v_changed := (
    select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'role', t.role)), '[]')
      from (select i.id, case when i.id = v_anaesthetist_id then 'anaesthetist' else 'staff' end as role,
                   case when i.id = v_case.anaesthetist_id then 'anaesthetist' else 'staff' end as former_role
              from unnest(v_team_ids) i(id) where i.id = any (v_former_ids)) t
     where t.role <> t.former_role);
  outcome := case
    when v_booking.id is null or v_booking.erased_at is not null then 'case_missing'
    -- A repetition, whatever became of the case since.
    when is_repeated(p_clinic_no, booking_id, p_key, v_now) then 'unchanged'
    when v_lock.is_moved or v_booking.version <> (p_plan->>'version')::integer then 'retry'
    when v_booking.status <> 'ARRIVED' or has_not_begun(p_clinic_no, booking_id, v_booking.status)
      then 'invalid_transition'
    when v_anaesthetist_id is not distinct from v_case.anaesthetist_id
      and cardinality(v_staff_ids) = cardinality(v_case.staff_ids) and v_staff_ids @> v_case.staff_ids
      then 'unchanged' end;
  if outcome is null then
    detail := case_invalid(p_clinic_no, p_plan, former_resources(p_clinic_no, p_plan));
    outcome := case when detail is not null then 'resource_invalid' end;
  end if;
  if outcome is null then
    v_needs := array(select n from case_needs(p_clinic_no, p_plan, null) n
                      where n.kind in ('anaesthetist', 'staff') and n.resource_id = any (v_joined_ids));
    v_until := greatest(v_case.expected_ends_at, v_now);
    for v_n in 1 .. cardinality(v_needs) loop
      v_needs[v_n].during := tstzrange(v_now, v_until, case when v_until > v_now then '[)' else '[]' end);
    end loop;
    -- Only people are examined: the case has its place, and needs nobody to override a rule.
    detail := (
      select jsonb_agg(f || jsonb_build_object('ofCaseId', booking_id))
        from jsonb_array_elements(case_conflicts(
               p_clinic_no,
               jsonb_build_object('startsAt', v_now, 'minutes', 1,
                                  'override', '{"rules": ["block_owned", "person_away"]}'::jsonb),
               null, array[booking_id], v_lock.at, v_needs)) f);
    outcome := case when detail is not null then 'refused' end;
  end if;
  if outcome is not null then
    tx := (select l.tx from last_change(p_clinic_no, booking_id) l);
    return next;
    return;
  end if;

  update allocation a
     set during = case when lower(a.during) < v_now then tstzrange(lower(a.during), least(upper(a.during), v_now))
                       else 'empty' end,
         planned_at = case when lower(a.during) < v_now then null else coalesce(lower(a.during), a.planned_at) end
   where a.clinic_no = p_clinic_no and a.booking_id = relieve_team.booking_id and a.resource_id = any (v_left_ids);
  -- Somebody may stay in another role.
  update allocation a set kind = case when a.resource_id = v_anaesthetist_id then 'anaesthetist' else 'staff' end
   where a.clinic_no = p_clinic_no and a.booking_id = relieve_team.booking_id and a.resource_id = any (v_team_ids);
  insert into allocation as a (clinic_no, booking_id, resource_id, unit_no, kind, during, planned_at)
  select p_clinic_no, relieve_team.booking_id, n.resource_id, 1, n.kind, t.during,
         case when isempty(t.during) then v_now end
    from unnest(v_needs) n
   cross join tstzrange(v_now, v_until) t(during)
  on conflict on constraint allocation_pkey do update
    set kind = excluded.kind, during = excluded.during, planned_at = excluded.planned_at;
  update theatre_case t
     set anaesthetist_id = v_anaesthetist_id, staff_ids = v_staff_ids,
         digest = case_digest(t.booking_id, t.room_id, t.starts_at, t.ends_at, t.turnover_minutes, t.surgeon_id,
                              v_anaesthetist_id, v_staff_ids, t.equipment, t.patient_id, t.service, t.procedure_code,
                              t.procedure_display, t.urgency, t.request_id)
   where t.clinic_no = p_clinic_no and t.booking_id = relieve_team.booking_id;
  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[booking_id], array[v_booking.status],
                         array[v_booking.failure_reason], array[v_booking.hold_expires_at], null, null, null, null,
                         null, null, null, array[v_now]) c;
  perform log_change(v_booking, 'moved', p_actor_id, p_key, p_status_after => v_booking.status,
                     p_from_slot_id => v_booking.slot_id,
                     p_case_details => jsonb_build_object(
                       'allocations', allocations_of(p_clinic_no, booking_id),
                       'relieved', jsonb_build_object('left', v_left_ids, 'joined', v_joined_ids,
                                                      'changed', v_changed)));
  outcome := 'done';
  tx := pg_current_xact_id();
  cases := (select jsonb_agg(c.found) from cases_of_bookings(array[v_booking]) c);
  return next;
end
$function$;
