-- claim_cases: claims up to 100 new cases of a clinic in one transaction. What is free is booked, and what conflicts
-- with something is refused, each claim for itself. A claim that takes more than that is left to schedule_cases. Most
-- of the time of a lone claim is spent on starting statements, which the claims of a call share (docs/decisions/0016).
--
-- p_plans: plans of schedule_cases without a version, each with key and requestHash, and with actorId if somebody
-- acts.
--
-- A row for each plan, in order, as schedule_cases has it, with one more outcome. alone: nothing was decided, and
-- schedule_cases has to. The key was used; the plan names what cannot be booked, fulfils a request of the waitlist,
-- or begins on a day of open time that has to be stored; a lapsed hold has to be given back; its patient was stored
-- meanwhile; or it has the patient, block or key of a plan before it, or needs a resource while that one does.
-- So the cases that are booked do not affect each other, and case_conflicts decides each by what was there before.
--
-- Outcomes: done | refused | alone
-- Locks: the resources, by (clinic_no, id); then the slots, in the same order; then keys and patients (book_cases). A
--   lock is waited for at most 500 ms, because all of these claims wait with it.
-- Fails: 55P03 after these 500 ms; 40001 if another transaction has used one of the keys, or stored one of the
--   patients, at the same time; 23P01 if the backstop found an overlap; 22023 for more than 100 plans, or two with
--   one caseId; 22P02 for an id, a time or a number that is none. Nothing was written then.
-- Idempotent: by key, for 24 hours: then a claim that was booked is `alone`, and schedule_cases finds it.
create or replace function holdfast.claim_cases(p_clinic_no integer, p_plans jsonb)
  returns table (outcome text, detail jsonb, booking_id uuid, tx xid8, cases jsonb)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
set lock_timeout = '500ms'
as $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_claim record;
  v_conflicts jsonb;
  -- The results, by the number of the plan.
  v_outcomes text[]; v_details jsonb[]; v_cases jsonb[];
  -- The plans that may be booked.
  v_nos integer[] := '{}'; v_resource_ids uuid[] := '{}'; v_slot_ids uuid[];
  -- The plans that are booked, and what they need.
  v_won integer[] := '{}'; v_plans jsonb[] := '{}'; v_patient_ids uuid[] := '{}'; v_places case_place[] := '{}';
  v_won_slot_ids uuid[] := '{}';
  v_needs case_need[] := '{}'; v_need_nos integer[] := '{}';
  v_actor_ids uuid[] := '{}'; v_keys uuid[] := '{}'; v_hashes uuid[] := '{}';
begin
  if jsonb_array_length(p_plans) not between 1 and 100 then
    raise exception 'cases are claimed 1 to 100 at a time, not %', jsonb_array_length(p_plans)
      using errcode = 'invalid_parameter_value';
  end if;
  if (select count(distinct (p->>'caseId')::uuid) from jsonb_array_elements(p_plans) p)
     < jsonb_array_length(p_plans) then
    raise exception 'each case that is claimed needs a caseId, and no two have the same'
      using errcode = 'invalid_parameter_value';
  end if;
  v_outcomes := array_fill('alone'::text, array[jsonb_array_length(p_plans)]);
  v_details := array_fill(null::jsonb, array[jsonb_array_length(p_plans)]);
  v_cases := v_details;

  -- 1. The plans that may be booked, and what they name: case_needs takes no more than this.
  v_nos := array(
    select p.n::integer
      from jsonb_array_elements(p_plans) with ordinality p(plan, n)
     where p.plan->>'requestId' is null
       and is_current_id((p.plan->>'caseId')::uuid, v_now) and is_current_id((p.plan->>'openSlotId')::uuid, v_now)
       and not exists (select from idempotency k
                        where k.clinic_no = p_clinic_no and k.key = (p.plan->>'key')::uuid)
     order by p.n);

  -- 2. The locks, and what is there under them.
  if v_nos <> '{}' then
    v_resource_ids := array(
      select distinct r.id
        from unnest(v_nos) i(n)
       cross join lateral (select p_plans->(i.n - 1) as plan) p
       cross join lateral (
         select u.id
           from unnest(array[(p.plan->>'roomId')::uuid, (p.plan->>'surgeonId')::uuid, (p.plan->>'anaesthetistId')::uuid,
                             coalesce(patient_of(p_clinic_no, p.plan), (p.plan->>'newPatientId')::uuid)]
                       || staff_of_case(p.plan)) u(id)
          union all
         select (e->>'equipmentId')::uuid from jsonb_array_elements(p.plan->'equipment') e) r);
    perform lock_resources(p_clinic_no, v_resource_ids);
    v_now := clock_timestamp();
    select array_agg(q.id) into v_slot_ids
      from (select s.id from slot s
             where s.clinic_no = p_clinic_no
               and s.id = any (array(
                     select c.id
                       from unnest(v_nos) i(n)
                      cross join lateral case_slot(p_clinic_no, (p_plans->(i.n - 1)->>'roomId')::uuid,
                                                   (p_plans->(i.n - 1)->>'startsAt')::timestamptz) c))
             order by s.clinic_no, s.id for update) q;
    for v_claim in
      with claim as materialized (
        select i.n, p_plans->(i.n - 1) as plan, d.patient_id, d.needs, d.is_taken,
               fold_record_number(p_plans->(i.n - 1)->'patient'->>'mrn') as record_key
          from unnest(v_nos) i(n)
         cross join lateral plan_demand(p_clinic_no, p_plans->(i.n - 1)) d
         where not d.is_invalid and d.resource_ids <@ v_resource_ids
      ), need as materialized (
        select c.n, e.resource_id, e.during from claim c cross join lateral unnest(c.needs) e
      ), clashing as (
        select b.n from need a join need b on b.resource_id = a.resource_id and b.n > a.n and b.during && a.during
      )
      select c.n, c.plan, c.patient_id, c.needs, l as place,
             case when c.is_taken then taking_cases(p_clinic_no, c.needs) else '{}' end as taking_ids
        from claim c
       cross join lateral place_of_case(p_clinic_no, (c.plan->>'roomId')::uuid, (c.plan->>'startsAt')::timestamptz,
                                        (c.plan->>'surgeonId')::uuid) l
       where c.n not in (select x.n from clashing x)
         and l.slot_id = any (v_slot_ids) and (l.next_lapse is null or l.next_lapse > v_now)
         and not exists (select from claim b
                          where b.n < c.n and (b.record_key = c.record_key
                                               or b.plan->'key' = c.plan->'key'))
       order by c.n
    loop
      continue when (v_claim.place).slot_id = any (v_won_slot_ids)
                 or lapsed_cases(p_clinic_no, v_claim.taking_ids, v_now) <> '{}';
      v_conflicts := case_conflicts(p_clinic_no, v_claim.plan, v_claim.patient_id, '{}', v_now, v_claim.needs,
                                    v_claim.place, v_claim.taking_ids);
      if v_conflicts <> '[]' then
        v_outcomes[v_claim.n] := 'refused';
        v_details[v_claim.n] := v_conflicts;
      else
        v_won := v_won || v_claim.n;
        v_plans := v_plans || (v_claim.plan || jsonb_build_object(
          'override', needed_override(p_clinic_no, v_claim.plan, v_claim.patient_id, v_now, v_claim.needs,
                                      v_claim.place, v_claim.taking_ids)));
        v_patient_ids := v_patient_ids || v_claim.patient_id;
        v_actor_ids := v_actor_ids || (v_claim.plan->>'actorId')::uuid;
        v_keys := v_keys || (v_claim.plan->>'key')::uuid;
        v_hashes := v_hashes || (v_claim.plan->>'requestHash')::uuid;
        v_places := v_places || v_claim.place;
        v_won_slot_ids := v_won_slot_ids || (v_claim.place).slot_id;
        v_needs := v_needs || v_claim.needs;
        v_need_nos := v_need_nos || array_fill(cardinality(v_won), array[cardinality(v_claim.needs)]);
      end if;
    end loop;
  end if;

  -- 3. What is decided.
  if v_won <> '{}' then
    for v_claim in
      select b.n, b.found
        from book_cases(p_clinic_no, v_plans, v_patient_ids, v_places, v_needs, v_need_nos,
                        v_actor_ids, v_keys, v_hashes, clock_timestamp()) b
    loop
      v_outcomes[v_won[v_claim.n]] := 'done';
      v_cases[v_won[v_claim.n]] := jsonb_build_array(v_claim.found);
    end loop;
    if 'done' <> all (v_outcomes) then
      raise exception 'another transaction has used one of the keys, or stored one of the patients'
        using errcode = 'serialization_failure';
    end if;
  end if;
  return query
  select case when o.outcome = 'refused' and k.is_used then 'alone' else o.outcome end,
         case when o.outcome = 'refused'
              then (select jsonb_agg(f || jsonb_build_object('ofCaseId', p.plan->>'caseId'))
                      from jsonb_array_elements(o.detail) f) end,
         (p.plan->>'caseId')::uuid, case when o.outcome = 'done' then pg_current_xact_id() end, o.cases
    from unnest(v_outcomes, v_details, v_cases) with ordinality o(outcome, detail, cases, n)
    join jsonb_array_elements(p_plans) with ordinality p(plan, n) on p.n = o.n
   -- The conflict may be with its own case, if an earlier try has committed since the key was looked up.
   cross join lateral (select exists (select from idempotency k
                                       where k.clinic_no = p_clinic_no and k.key = (p.plan->>'key')::uuid) as is_used) k
   order by o.n;
end
$function$;
