-- place_cases: for schedule_cases, under all its locks: gives back what the moved and bumped cases take, and then
-- places the plans, one after the other, so that each is checked against those before it.
--
-- conflicts: as case_conflicts, with `ofCaseId`; null: to be tried again. bookings: of all cases, as they are then.
-- new_case: the new case, as case_as_json; null: there is none.
--
-- With conflicts, or null, a single new case has written nothing; a caller with more than that has to roll back.
-- p_left_ids: the moved and bumped cases. p_bookings: these, as they are under the lock. p_needs: what the plans needed
-- before their resources were locked; p_taking_ids: the cases that took some of that afterwards.
-- p_locked_resource_ids: a patient stored since they were locked is not among them: null. p_now: by which lapsed holds
-- were given back. p_at: when it is written.
-- Internal.
-- Locks: the request that a new case fulfils; then its key; then its patient's record number, if that is new.
-- Fails: 23P01 if two cases took one unit at a time, or a case did not get all it needs; check_violation if a count of
--   units were wrong.
-- Idempotent: no; schedule_cases is.
create or replace function holdfast.place_cases(
  p_clinic_no integer, p_plans jsonb, p_bumps jsonb, p_bump_reason text, p_left_ids uuid[],
  p_needs holdfast.case_need[], p_taking_ids uuid[], p_locked_resource_ids uuid[], p_locked_slot_ids uuid[],
  p_bookings holdfast.booking[], p_actor_id uuid, p_key uuid, p_hash uuid, p_now timestamptz, p_at timestamptz,
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
  v_slot_id uuid; v_slot_resource_id uuid; v_from_slot_id uuid;
  v_booking booking; v_patient theatre_patient;
  v_hold_until timestamptz;
  v_needs case_need[]; v_need case_need;
  v_units_needed integer; v_units integer;
  v_allocations jsonb;
  v_saved record;
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
    select * into v_place
      from place_of_case(p_clinic_no, (v_plan->>'roomId')::uuid, (v_plan->>'startsAt')::timestamptz,
                         (v_plan->>'surgeonId')::uuid);
    -- Since p_taking_ids were read, only a plan before this one has added allocations; then p_needs has more than this.
    v_found := case_conflicts(p_clinic_no, v_plan, v_patient_id, '{}', p_now, v_needs, v_place,
                              case when v_needs = p_needs then p_taking_ids end);
    if v_found <> '[]' then
      v_conflicts := v_conflicts || (select jsonb_agg(f || jsonb_build_object('ofCaseId', v_id))
                                       from jsonb_array_elements(v_found) f);
      continue;
    end if;
    if v_place.slot_id is not null and v_place.slot_id <> all (p_locked_slot_ids) then
      return;
    end if;

    if v_is_new then
      if v_plan->>'requestId' is not null then
        perform 1 from case_request q
          where q.clinic_no = p_clinic_no and q.id = (v_plan->>'requestId')::uuid for no key update;
        if not request_is_open(p_clinic_no, (v_plan->>'requestId')::uuid, p_now) then
          return;
        end if;
      end if;
      insert into idempotency (clinic_no, key, request_hash, booking_id, created_at)
      values (p_clinic_no, p_key, p_hash, v_id, p_at) on conflict do nothing;
      if not found then
        return;
      end if;
      v_patient := save_patient(p_clinic_no, v_plan->'patient', (v_plan->>'newPatientId')::uuid, v_patient_id,
                                p_actor_id);
      if v_patient.id is null then
        delete from idempotency k where k.clinic_no = p_clinic_no and k.key = p_key;
        return;
      end if;
      v_patient_id := v_patient.id;
      if v_plan->>'requestId' is not null then
        update case_request q set case_id = v_id
         where q.clinic_no = p_clinic_no and q.id = (v_plan->>'requestId')::uuid;
      end if;
      v_hold_until := case when not (v_plan->>'confirm')::boolean
                           then p_at + make_interval(secs => v_place.hold_seconds) end;
    else
      select * into v_booking from unnest(p_bookings) b where b.id = v_id;
      v_hold_until := v_booking.hold_expires_at;
      v_from_slot_id := v_booking.slot_id;
    end if;

    v_slot_id := v_place.slot_id;
    v_slot_resource_id := case when v_place.is_block then v_place.room_id else v_place.open_time_id end;
    if v_slot_id is null then
      -- A day of open time, by UTC: a clinic may change its time zone. More minutes than cases of a day can have.
      v_slot_id := v_plan->>'openSlotId';
      insert into slot (clinic_no, id, resource_id, starts_at, ends_at, capacity)
      select p_clinic_no, v_slot_id, v_slot_resource_id, d.day, d.day + interval '1 day', 10000
        from (select date_trunc('day', (v_plan->>'startsAt')::timestamptz) as day) d;
    end if;
    update slot s
       set taken = s.taken + (v_plan->>'minutes')::integer + v_place.turnover_minutes,
           next_lapse = least(s.next_lapse, v_hold_until),
           oldest_booking_at = oldest_booking_of(s.oldest_booking_at, s.created_at,
                                                 case when v_is_new then p_at else v_booking.created_at end)
     where s.clinic_no = p_clinic_no and s.id = v_slot_id;
    v_units_needed := 0;
    foreach v_need in array v_needs loop
      v_units_needed := v_units_needed + v_need.units;
    end loop;
    -- Units of equipment by number: the lowest that are free all the time. What has one unit is taken as it is, so that
    -- the exclusion constraint fires should it not be free.
    with placed as (
      insert into allocation (clinic_no, booking_id, resource_id, unit_no, kind, during)
      select p_clinic_no, v_id, n.resource_id, u.no, n.kind, n.during
        from unnest(v_needs) n
       cross join lateral (
         select g.no from generate_series(1, case when n.kind = 'equipment' then n.units_max else 1 end) g(no)
          where n.kind <> 'equipment'
             or not exists (select from allocation a
                             where a.clinic_no = p_clinic_no and a.resource_id = n.resource_id and a.unit_no = g.no
                               and a.during && n.during)
          order by g.no limit n.units) u
      returning allocation as placed
    )
    select count(*), jsonb_agg(allocation_as_json(p.placed)
                               order by (p.placed).kind, (p.placed).resource_id, (p.placed).unit_no)
      into v_units, v_allocations
      from placed p;
    if v_units < v_units_needed then
      -- As the constraint reports it.
      raise exclusion_violation using
        message = format('case %s: a unit that counted as free is taken', v_id),
        detail = (select format('Key (%s, %s, 1, %s)', p_clinic_no, n.resource_id, n.during)
                    from unnest(v_needs) n
                   where n.kind = 'equipment'
                     and n.units > (select count(*) from allocation a
                                     where a.clinic_no = p_clinic_no and a.booking_id = v_id
                                       and a.resource_id = n.resource_id)
                   limit 1);
    end if;
    v_saved := save_case(p_clinic_no, v_plan, v_patient_id, v_slot_id, v_slot_resource_id, v_place.turnover_minutes,
                         v_allocations, v_hold_until, case when not v_is_new then v_from_slot_id end, p_actor_id, p_key,
                         p_at);
    bookings := bookings || v_saved.saved_booking;
    if v_is_new then
      new_case := case_as_json(v_place.clinic_id, v_saved.saved_booking, v_saved.saved_case, v_patient, false,
                               v_allocations, '[]');
    end if;
  end loop;
  conflicts := v_conflicts;
end
$function$;
