-- book_cases: writes new cases for which there is room, under the locks of all that they take: their keys, patients,
-- minutes, allocations, bookings and events. No two of them need one resource at one time, or have one key or patient.
--
-- Arrays by case: its plan, as schedule_cases has it; its patient, if that is known; its place (place_of_case); who
-- acts; key and hash of the request. p_needs: what the cases need (case_needs); p_need_nos: of which case, by number,
-- each need is. Returns a row for each: its number, its booking, and the case as case_as_json. No row: another
-- transaction has used one of the keys or stored one of the patients. A call for one case has written nothing then;
-- with more than that, the caller has to roll back.
-- Internal.
-- Locks: the keys, in order; then the patients (save_patients).
-- Fails: 23P01 if two cases took one unit at a time, or a case did not get all it needs; check_violation if a count of
--   units were wrong, or for an id of a month without a partition.
-- Idempotent: by key, for 24 hours.
create or replace function holdfast.book_cases(
  p_clinic_no integer, p_plans jsonb[], p_patient_ids uuid[], p_places holdfast.case_place[],
  p_needs holdfast.case_need[], p_need_nos integer[], p_actor_ids uuid[], p_keys uuid[], p_hashes uuid[],
  p_at timestamptz
) returns table (n integer, booking holdfast.booking, found jsonb)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set timezone = 'UTC'
set jit = off
as $function$
#variable_conflict use_column
declare
  v_ids uuid[]; v_new_patient_ids uuid[]; v_given jsonb[]; v_hold_untils timestamptz[];
  v_patients patient[];
  v_places case_place[];
  v_allocations jsonb[];
  v_won integer;
begin
  select array_agg((p.plan->>'caseId')::uuid order by p.no), array_agg((p.plan->>'newPatientId')::uuid order by p.no),
         array_agg(p.plan->'patient' order by p.no),
         array_agg(case when not (p.plan->>'confirm')::boolean
                        then p_at + make_interval(secs => p_places[p.no].hold_seconds) end order by p.no)
    into v_ids, v_new_patient_ids, v_given, v_hold_untils
    from unnest(p_plans) with ordinality p(plan, no);

  with keyed as (
    insert into idempotency (clinic_no, key, request_hash, booking_id, created_at)
    select p_clinic_no, k.key, k.hash, k.id, p_at from unnest(p_keys, p_hashes, v_ids) k(key, hash, id)
     order by k.key
    on conflict do nothing
    returning booking_id
  )
  select count(*) into v_won from keyed;
  if v_won < cardinality(p_plans) then
    return;
  end if;
  v_patients := save_patients(p_clinic_no, v_given, v_new_patient_ids, p_patient_ids, p_actor_ids);
  if cardinality(v_patients) < cardinality(p_plans) then
    delete from idempotency k where k.clinic_no = p_clinic_no and k.key = any (p_keys);
    return;
  end if;
  v_places := take_minutes(p_clinic_no, p_plans, p_places, v_hold_untils,
                           array_fill(p_at, array[cardinality(p_plans)]));
  v_allocations := allocate(p_clinic_no, v_ids, p_needs, p_need_nos);

  return query
  with claimed as materialized (
    select c.no, c.id, c.plan, c.hold_until, c.actor_id, c.allocations, c.plan->'procedure' as procedure,
           nullif(c.plan->'override', 'null') as override,
           (c.plan->>'startsAt')::timestamptz as starts_at,
           (c.plan->>'startsAt')::timestamptz + make_interval(mins => (c.plan->>'minutes')::integer) as ends_at,
           coalesce(c.patient_id, c.new_patient_id) as patient_id
      from unnest(p_plans, v_ids, v_hold_untils, p_actor_ids, v_allocations, p_patient_ids, v_new_patient_ids)
             with ordinality c(plan, id, hold_until, actor_id, allocations, patient_id, new_patient_id, no)
  ), booked as (
    insert into booking (clinic_no, id, slot_id, resource_id, units, status, hold_expires_at, appointment_type, patient,
                         created_at, updated_at)
    select p_clinic_no, c.id, p.slot_id, case when p.is_block then p.room_id else p.open_time_id end,
           (c.plan->>'minutes')::integer + p.turnover_minutes,
           case when c.hold_until is null then 'CONFIRMED' else 'PENDING' end, c.hold_until, 'case',
           jsonb_build_object('patientId', c.patient_id), p_at, p_at
      from claimed c
      join unnest(v_places) with ordinality p on p.ordinality = c.no
    returning booking as row
  ), planned as (
    insert into theatre_case (clinic_no, booking_id, room_id, starts_at, ends_at, expected_ends_at, turnover_minutes,
                              surgeon_id, anaesthetist_id, staff_ids, equipment, patient_id, service, procedure_code,
                              procedure_display, urgency, override, request_id, digest)
    select p_clinic_no, c.id, p.room_id, c.starts_at, c.ends_at, c.ends_at, p.turnover_minutes,
           (c.plan->>'surgeonId')::uuid, (c.plan->>'anaesthetistId')::uuid, staff_of_case(c.plan), c.plan->'equipment',
           c.patient_id, c.plan->>'service', c.procedure->>'code', c.procedure->>'display', c.plan->>'urgency',
           c.override, (c.plan->>'requestId')::uuid,
           case_digest(c.id, p.room_id, c.starts_at, c.ends_at, p.turnover_minutes, (c.plan->>'surgeonId')::uuid,
                       (c.plan->>'anaesthetistId')::uuid, staff_of_case(c.plan), c.plan->'equipment', c.patient_id,
                       c.plan->>'service', c.procedure->>'code', c.procedure->>'display', c.plan->>'urgency',
                       (c.plan->>'requestId')::uuid)
      from claimed c
      join unnest(v_places) with ordinality p on p.ordinality = c.no
    returning theatre_case as row
  ), logged as (
    insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, hold_expires_at,
                               actor_id, request_key, booking_digest, case_details)
    select p_clinic_no, c.id, (b.row).version, p_at, case when c.hold_until is null then 'confirmed' else 'held' end,
           (b.row).slot_id, (b.row).resource_id, (b.row).units, c.hold_until, c.actor_id, p_keys[c.no],
           booking_digest((b.row).account_id, (b.row).appointment_type, (b.row).patient, (b.row).reason,
                          (b.row).cancellation_reason),
           details_of_case(c.allocations, c.override, c.ends_at <= p_at)
      from booked b
      join claimed c on c.id = (b.row).id
  )
  select c.no::integer, b.row,
         case_as_json(p_places[c.no].clinic_id, b.row, t.row, a,
                      (select q.note from case_request q
                        where q.clinic_no = p_clinic_no and q.id = (t.row).request_id),
                      false, c.allocations, '[]')
    from claimed c
    join booked b on (b.row).id = c.id
    join planned t on (t.row).booking_id = c.id
    join unnest(v_patients) a on a.id = c.patient_id;
end
$function$;
