-- schedule_cases: claims, moves, swaps and bumps cases of a clinic, all in one step: either every plan is placed, with
-- its room, people, patient, numbered equipment and minutes of its block, or nothing changes.
--
-- p_plans: one plan for each case that gets a place: {caseId, version, confirm, roomId, startsAt, minutes, surgeonId,
--   anaesthetistId, staffIds, equipment: [{equipmentId, units}], patient: {mrn, name, birthDate}, patientId, service,
--   procedure: {code, display}, urgency, blockId, requestId, override: {rules, reason}, openSlotId, newPatientId,
--   turnoverMinutes}. turnoverMinutes: those of a case that exists; null: the room's.
--   version: that of the case as the caller has read it; null: a new case, at most one, which p_key belongs to.
--   openSlotId, newPatientId: ids to use if a day of open time or the patient has to be stored.
-- p_bumps: [{caseId, requestId}], cases that are cancelled for it, with p_bump_reason: see bump_cases.
-- p_dry_run: what would prevent the first plan now; nothing is written or locked.
--
-- detail: the conflicts of `refused` and `checked`, a list of case_conflicts with ofCaseId; what is wrong with the plan
-- for `resource_invalid`; bump_refusals for `bump_refused`. booking_id: the case that the outcome is about. tx: of
-- `done`; for replayed and unchanged, the last transaction that changed the case. cases: of `done`, the cases of
-- p_plans and then of p_bumps, as cases_by_id.
--
-- Outcomes: done | checked | replayed (the key was used with this hash) | unchanged (a move was made under its key) |
--   key_reused | refused | bump_refused | resource_invalid | request_missing | case_missing | hold_expired |
--   invalid_transition | retry
-- request_missing: there is no such request, it is of another patient, it was withdrawn, or it has a case.
-- Locks: the resources, by (clinic_no, id); then the slots left and entered, and those of lapsed holds in the way, by
--   (clinic_no, id); then the cases, the lapsed holds on these slots and the former case of a request, by (clinic_no,
--   id); then request, key and patient (place_cases). A claim that a plain read can refuse takes no lock.
-- Fails: 23514 for the id of a new case or slot that is not of the last or the next 24 hours; 22P02 for an id, a time
--   or a number that is none; 55P03 after the connection's lock timeout.
-- Idempotent: yes, by key, for 24 hours.
create or replace function holdfast.schedule_cases(
  p_clinic_no integer, p_plans jsonb, p_bumps jsonb, p_bump_reason text, p_actor_id uuid, p_key uuid, p_hash uuid,
  p_dry_run boolean
) returns table (outcome text, detail jsonb, booking_id uuid, tx xid8, cases jsonb)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_at timestamptz;
  v_new jsonb; v_plan jsonb;
  v_hash uuid;
  v_left_ids uuid[];
  v_needs case_need[];
  v_has_invalid boolean; v_has_taken boolean;
  v_resource_ids uuid[]; v_taking_ids uuid[]; v_slot_ids uuid[] := '{}';
  v_lapsed_slot_ids uuid[]; v_lapsed_ids uuid[]; v_lapsed_ats timestamptz[]; v_locked_ids uuid[];
  v_next_lapse timestamptz; v_oldest_hold_id uuid;
  -- The last case of the new case's request.
  v_former_id uuid;
  -- Cases that were to give way, and have ended.
  v_gone_ids uuid[] := '{}';
  -- The cases that change, lapsed holds in the way, and v_former_id, as they are under the lock.
  v_bookings booking[] := '{}';
  v_item record; v_placed record;
begin
  v_new := jsonb_path_query_first(p_plans, '$[*] ? (@.version == null)');
  v_left_ids := '{}';
  if v_new is null or jsonb_array_length(p_plans || p_bumps) > 1 then
    v_left_ids := array(select (p->>'caseId')::uuid from jsonb_array_elements(p_plans || p_bumps) p
                         where p->>'caseId' is distinct from v_new->>'caseId');
  end if;

  -- 1. What needs no lock: a known key, a plan that names what does not exist, and the refusal of a new case because
  --    something is taken. Most claims find nothing taken: examining only that first takes 13 % less time per claim.
  if v_new is not null and not p_dry_run then
    select k.booking_id, k.request_hash into booking_id, v_hash
      from idempotency k where k.clinic_no = p_clinic_no and k.key = p_key;
    if found then
      outcome := case when v_hash = p_hash then 'replayed' else 'key_reused' end;
      tx := (select l.tx from last_change(p_clinic_no, booking_id) l);
      return next;
      return;
    end if;
  end if;
  for v_n in 0 .. case when p_dry_run then -1 else jsonb_array_length(p_plans) - 1 end loop
    v_plan := p_plans->v_n;
    if not is_current_id((v_plan->>'openSlotId')::uuid, v_now)
       or v_plan->>'version' is null and not is_current_id((v_plan->>'caseId')::uuid, v_now) then
      raise exception 'an id of a new case or slot is not of the last or the next 24 hours: %', v_new->>'caseId'
        using errcode = 'check_violation';
    end if;
  end loop;
  select array_agg(q.n), array_agg((q.n).resource_id),
         bool_or((q.n).kind <> 'patient' and ((q.n).is_fit and (q.n).active) is not true)
           or count(*) > count(distinct (q.n).resource_id),
         bool_or(exists (select from allocation a
                          where a.clinic_no = p_clinic_no and a.resource_id = (q.n).resource_id
                            and a.during && (q.n).during))
    into v_needs, v_resource_ids, v_has_invalid, v_has_taken
    from (select n
            from jsonb_array_elements(p_plans) p
           cross join lateral (select coalesce(patient_of(p_clinic_no, p), (p->>'newPatientId')::uuid) as id offset 0) t
           cross join lateral case_needs(p_clinic_no, p, t.id) n offset 0) q;
  -- Most plans have nothing to examine.
  for v_n in 0 .. case when p_dry_run or v_has_invalid or v_new->>'requestId' is not null
                            or v_has_taken and cardinality(v_left_ids) = 0
                       then jsonb_array_length(p_plans) else 0 end - 1
  loop
    v_plan := p_plans->v_n;
    booking_id := v_plan->>'caseId';
    detail := case when v_has_invalid then case_invalid(p_clinic_no, v_plan,
                                                    former_resources(p_clinic_no, v_plan)) end;
    if detail is not null
       and (v_plan->>'version' is null or not is_repeated(p_clinic_no, booking_id, p_key, v_now)) then
      outcome := 'resource_invalid';
    elsif v_plan->>'requestId' is not null and v_plan->>'version' is null
          and not (request_seems_open(p_clinic_no, (v_plan->>'requestId')::uuid, v_now)
                   and exists (select from case_request q
                                where q.clinic_no = p_clinic_no and q.id = (v_plan->>'requestId')::uuid
                                  and patient_of(p_clinic_no, v_plan)
                                      = any (with_merged(p_clinic_no, array[q.patient_id])))) then
      outcome := 'request_missing';
    elsif p_dry_run or v_has_taken and cardinality(v_left_ids) = 0 then
      detail := case_conflicts(p_clinic_no, v_plan, patient_of(p_clinic_no, v_plan), v_left_ids, v_now,
                               case when jsonb_array_length(p_plans) = 1 then v_needs end);
      outcome := case when p_dry_run then 'checked' when detail <> '[]' then 'refused' end;
      detail := (select coalesce(jsonb_agg(f || jsonb_build_object('ofCaseId', booking_id)), '[]')
                   from jsonb_array_elements(detail) f);
    end if;
    if outcome is not null then
      -- The conflict may be with its own case, if an earlier try has committed since the key was looked up.
      if v_new is not null and not p_dry_run
         and exists (select from idempotency k where k.clinic_no = p_clinic_no and k.key = p_key) then
        outcome := 'retry';
      end if;
      return next;
      return;
    end if;
  end loop;

  -- 2. The locks. Nobody adds allocations of locked resources; those of holds that have lapsed are given back with the
  --    holds, under the locks of their slots.
  perform lock_resources(p_clinic_no, v_resource_ids);
  -- A hold that lapses from here on counts as taken, because its slot may not be among those that are locked.
  v_now := clock_timestamp();
  -- If a turnover has become longer since v_needs was read, a lapsed hold may be missing here. The exclusion constraint
  -- then refuses the case, and the claim is tried again.
  v_taking_ids := taking_cases(p_clinic_no, v_needs);
  -- Separately: a plan with bookings in it locks months of them.
  if cardinality(v_left_ids || v_taking_ids) > 0 then
    v_slot_ids := array(
      select b.slot_id
        from bookings_by_id(array_fill(p_clinic_no, array[cardinality(v_left_ids || v_taking_ids)]),
                            v_left_ids || v_taking_ids) b
       where b.id = any (v_left_ids) or hold_seems_lapsed(b.status, b.hold_expires_at, v_now));
  end if;
  select coalesce(array_agg(q.id), '{}'), coalesce(array_agg(q.id) filter (where q.next_lapse <= v_now), '{}'),
         min(q.next_lapse) filter (where q.next_lapse <= v_now)
    into v_slot_ids, v_lapsed_slot_ids, v_next_lapse
    from (select s.id, s.next_lapse from slot s
           where s.clinic_no = p_clinic_no
             and s.id = any (v_slot_ids || array(
                   select c.id
                     from jsonb_array_elements(p_plans) p
                    cross join lateral case_slot(p_clinic_no, (p->>'roomId')::uuid, (p->>'startsAt')::timestamptz) c))
           order by s.clinic_no, s.id for update) q;
  v_oldest_hold_id := oldest_hold_id(v_next_lapse);
  if cardinality(v_lapsed_slot_ids) > 0 then
    v_lapsed_ids := (select l.ids from lapsed_holds(array_fill(p_clinic_no, array[cardinality(v_lapsed_slot_ids)]),
                                                    v_lapsed_slot_ids, v_oldest_hold_id, v_now) l);
  end if;
  if v_new->>'requestId' is not null then
    v_former_id := (select q.case_id from case_request q
                     where q.clinic_no = p_clinic_no and q.id = (v_new->>'requestId')::uuid);
  end if;
  v_locked_ids := array_remove(v_left_ids || v_lapsed_ids || v_former_id, null);
  if cardinality(v_locked_ids) > 0 then
    v_bookings := lock_bookings(array_fill(p_clinic_no, array[cardinality(v_locked_ids)]), v_locked_ids);
  end if;
  v_at := clock_timestamp();
  if cardinality(v_lapsed_slot_ids) > 0 then
    -- The bookings are read under the lock: a hold confirmed in time stays confirmed.
    select array_agg(b.id), array_agg(greatest(v_at, b.updated_at)) into v_lapsed_ids, v_lapsed_ats
      from unnest(v_bookings) b
     where b.id = any (v_lapsed_ids) and hold_lapsed(b.status, b.hold_expires_at, v_now);
    perform fail_holds(array_fill(p_clinic_no, array[coalesce(cardinality(v_lapsed_ids), 0)]), v_lapsed_ids,
                       v_lapsed_ats, array_fill(p_clinic_no, array[cardinality(v_lapsed_slot_ids)]),
                       v_lapsed_slot_ids, v_oldest_hold_id);
    if exists (select from slot s
                where s.clinic_no = p_clinic_no and s.id = any (v_lapsed_slot_ids) and s.next_lapse <= v_now) then
      outcome := 'retry';
      return next;
      return;
    end if;
  end if;

  -- 3. The cases that change, as they are under the lock.
  if cardinality(v_left_ids) > 0 then
    for v_item in
      select i.id, b.slot_id, b.status, b.failure_reason, b.hold_expires_at, b.version, b.updated_at,
             b.appointment_type, b.erased_at, p.version as version_read, p."caseId" is null as is_bumped
        from unnest(v_left_ids) with ordinality i(id, n)
        left join unnest(v_bookings) b on b.id = i.id
        left join jsonb_to_recordset(p_plans) p("caseId" uuid, version integer) on p."caseId" = i.id
       order by i.n
    loop
      booking_id := v_item.id;
      outcome := case
        when v_item.appointment_type is distinct from 'case' or v_item.erased_at is not null then 'case_missing'
        -- For a new case: the try that bumped this case has committed since the key was looked up.
        when is_repeated(p_clinic_no, v_item.id, p_key, v_at) then case when v_new is null then 'unchanged'
                                                                        else 'retry' end
        when v_item.failure_reason = 'hold_expired'
          or hold_lapsed(v_item.status, v_item.hold_expires_at, greatest(v_at, v_item.updated_at)) then 'hold_expired'
        when v_item.slot_id <> all (v_slot_ids) or v_item.version <> v_item.version_read then 'retry'
        when not has_not_begun(p_clinic_no, v_item.id, v_item.status) then 'invalid_transition' end;
      if v_item.is_bumped and outcome in ('hold_expired', 'invalid_transition') and v_item.status <> 'ARRIVED' then
        v_gone_ids := v_gone_ids || v_item.id;
        outcome := null;
      elsif outcome is not null then
        tx := (select l.tx from last_change(p_clinic_no, booking_id) l);
        return next;
        return;
      end if;
    end loop;
  end if;

  -- Whether those that are to give way may. A repetition was found above: its cases have given way.
  if jsonb_array_length(p_bumps) > 0 then
    detail := case
      -- Cases that have ended take nothing.
      when v_gone_ids <> '{}' then (
        select jsonb_agg(jsonb_build_object('caseId', g.id, 'why', 'not_in_the_way') order by g.id)
          from unnest(v_gone_ids) g(id))
      else bump_refusals(p_clinic_no, p_plans, p_bumps,
                         array(select (p->>'caseId')::uuid from jsonb_array_elements(p_plans) p
                                where p->>'version' is not null), v_now) end;
    if detail <> '[]' then
      outcome := 'bump_refused';
      booking_id := p_plans->0->>'caseId';
      return next;
      return;
    end if;
  end if;

  -- 4. Place them. A group that cannot be placed is rolled back; a single new case has written nothing then.
  booking_id := p_plans->0->>'caseId';
  if cardinality(v_left_ids) = 0 then
    v_placed := place_cases(p_clinic_no, p_plans, p_bumps, p_bump_reason, v_left_ids, v_needs, v_taking_ids,
                            v_resource_ids, v_slot_ids, v_bookings, v_former_id, p_actor_id, p_key, p_hash, v_now,
                            v_at);
  else
    begin
      v_placed := place_cases(p_clinic_no, p_plans, p_bumps, p_bump_reason, v_left_ids, v_needs, v_taking_ids,
                              v_resource_ids, v_slot_ids, v_bookings, v_former_id, p_actor_id, p_key, p_hash, v_now,
                              v_at);
      if v_placed.conflicts is distinct from '[]' then
        raise sqlstate 'HF001';
      end if;
    exception
      when sqlstate 'HF001' then null;
    end;
  end if;
  detail := v_placed.conflicts;
  outcome := case when detail is null then 'retry' when detail = '[]' then 'done' else 'refused' end;
  -- The same as in step 1.
  if outcome = 'refused' and v_new is not null
     and exists (select from idempotency k where k.clinic_no = p_clinic_no and k.key = p_key) then
    outcome := 'retry';
  end if;
  if outcome = 'done' then
    tx := pg_current_xact_id();
    if cardinality(v_left_ids) = 0 then
      cases := jsonb_build_array(v_placed.new_case);
    else
      cases := (select jsonb_agg(c.found order by i.n)
                  from jsonb_array_elements(p_plans || p_bumps) with ordinality i(item, n)
                  join cases_of_bookings(v_placed.bookings) c on c.booking_id = (i.item->>'caseId')::uuid);
    end if;
  end if;
  return next;
end
$function$;
