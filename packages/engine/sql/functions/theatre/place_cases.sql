-- place_cases: for schedule_cases, under all its locks: releases the allocations of the moved and bumped cases, and
-- then places the plans, one after the other, so that each is checked against those before it.
--
-- conflicts: as in case_conflicts, with `ofCaseId`; null: the caller tries again. bookings: those of all cases, as they
-- are then.
-- new_case: the new case, as case_as_json; null: there is none.
--
-- If there are conflicts, or null, a single new case has written nothing; a caller with more has to roll back.
-- p_left_ids: the moved and bumped cases. p_bookings: these, as they are under the lock. p_needs: what the plans needed
-- before their resources were locked; p_taking_ids: the cases that took some of it once they were locked.
-- p_locked_resource_ids: if a plan's patient is not among them, because it was stored after they were locked, the
-- result is null. It is also null if a plan adds to its case what is not active any more. p_now: by which lapsed holds
-- were given back. p_at: when it is written. p_former_id: the last case of the new case's request, which is locked.
-- Internal.
-- Locks: the request that a new case fulfils; then its key and patient (book_cases). The request of a moved case, which
-- only those change who have locked its booking.
-- Fails: as book_cases.
-- Idempotent: no; schedule_cases is.
create or replace function holdfast.place_cases(
  p_clinic_no integer, p_plans jsonb, p_bumps jsonb, p_bump_reason text, p_left_ids uuid[],
  p_needs holdfast.case_need[], p_taking_ids uuid[], p_locked_resource_ids uuid[], p_locked_slot_ids uuid[],
  p_bookings holdfast.booking[], p_former_id uuid, p_actor_id uuid, p_key uuid, p_hash uuid, p_now timestamptz,
  p_at timestamptz,
  out conflicts jsonb, out bookings holdfast.booking[], out new_case jsonb
)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
as $function$
declare
  v_plan jsonb;
  v_id uuid; v_is_new boolean; v_patient_id uuid;
  v_conflicts jsonb := '[]'; v_found jsonb;
  v_place case_place;
  v_booking booking; v_new record;
  v_needs case_need[];
begin
  bookings := '{}';
  if cardinality(p_left_ids) > 0 then
    perform release_allocations(array_fill(p_clinic_no, array[cardinality(p_left_ids)]), p_left_ids);
    update slot s set taken = s.taken - q.units
      from (select b.slot_id, sum(b.units)::integer as units
              from unnest(p_bookings) b where b.id = any (p_left_ids) group by b.slot_id) q
     where s.clinic_no = p_clinic_no and s.id = q.slot_id;
    bookings := bump_cases(p_clinic_no, p_bumps, p_bump_reason, p_bookings, p_actor_id, p_key, p_at);
  end if;

  for v_n in 0 .. jsonb_array_length(p_plans) - 1 loop
    v_plan := p_plans->v_n;
    v_id := v_plan->>'caseId';
    v_is_new := v_plan->>'version' is null;
    select q.patient_id, array(select n
                                 from case_needs(p_clinic_no, v_plan,
                                                 coalesce(q.patient_id, (v_plan->>'newPatientId')::uuid)) n)
      into v_patient_id, v_needs
      from (select patient_of(p_clinic_no, v_plan) as patient_id offset 0) q;
    if v_patient_id <> all (p_locked_resource_ids) then
      return;
    end if;
    -- Closed, or made inactive, while schedule_cases waited for its locks: the next try reports it.
    if exists (select from unnest(v_needs) n where n.kind <> 'patient' and (n.is_fit and n.active) is not true)
       and case_invalid(p_clinic_no, v_plan, former_resources(p_clinic_no, v_plan)) is not null then
      return;
    end if;
    select * into v_place
      from place_of_case(p_clinic_no, (v_plan->>'roomId')::uuid, (v_plan->>'startsAt')::timestamptz,
                         (v_plan->>'surgeonId')::uuid);
    v_place.turnover_minutes := coalesce((v_plan->>'turnoverMinutes')::integer, v_place.turnover_minutes);
    -- Before the conflicts: the room that the request needs may be corrected until then.
    if v_is_new and v_plan->>'requestId' is not null
       and lock_open_request(p_clinic_no, (v_plan->>'requestId')::uuid, p_former_id, p_now) is not true then
      return;
    end if;
    -- Since p_taking_ids were read, only a plan before this one has added allocations; then p_needs has more than this.
    v_found := case_conflicts(p_clinic_no, v_plan, v_patient_id, '{}', p_now, v_needs, v_place,
                              case when v_needs = p_needs then p_taking_ids end);
    if v_found <> '[]' then
      -- For a swap, no case can be bumped.
      v_conflicts := v_conflicts || (
        select jsonb_agg(case when jsonb_array_length(p_plans) = 1 then f else f - 'bumpableCaseIds' end
                         || jsonb_build_object('ofCaseId', v_id))
          from jsonb_array_elements(v_found) f);
      continue;
    end if;
    if v_place.slot_id is not null and v_place.slot_id <> all (p_locked_slot_ids) then
      return;
    end if;
    -- Only for the rules that the case breaks now: a later move that breaks another one needs another override.
    v_plan := v_plan || jsonb_build_object(
      'override', needed_override(p_clinic_no, v_plan, v_patient_id, p_now, v_needs, v_place,
                                  case when v_needs = p_needs then p_taking_ids end));

    if v_is_new then
      select b.booking, b.found into v_new
        from book_cases(p_clinic_no, array[v_plan], array[v_patient_id], array[v_place], v_needs,
                        array_fill(1, array[cardinality(v_needs)]), array[p_actor_id], array[p_key], array[p_hash],
                        p_at) b;
      if not found then
        return;
      end if;
      v_booking := v_new.booking;
      new_case := v_new.found;
    else
      select * into v_booking from unnest(p_bookings) b where b.id = v_id;
      v_booking := forget_arrival(v_booking, (v_plan->>'startsAt')::timestamptz, p_actor_id, p_at);
      v_place := (take_minutes(p_clinic_no, array[v_plan], array[v_place], array[v_booking.hold_expires_at],
                               array[v_booking.created_at]))[1];
      v_booking := move_case(p_clinic_no, v_plan, v_place,
                             (allocate(p_clinic_no, array[v_id], v_needs,
                                       array_fill(1, array[cardinality(v_needs)])))[1],
                             v_booking.slot_id, p_actor_id, p_key, p_at);
    end if;
    bookings := bookings || v_booking;
    if v_plan->>'requestId' is not null then
      if v_is_new then
        update case_request q set case_id = v_id
         where q.clinic_no = p_clinic_no and q.id = (v_plan->>'requestId')::uuid;
      end if;
      if v_booking.status <> 'PENDING' then
        perform plan_requests(array[p_clinic_no], array[v_id]);
      end if;
    end if;
  end loop;
  conflicts := v_conflicts;
end
$function$;
