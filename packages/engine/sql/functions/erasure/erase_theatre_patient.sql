-- erase_theatre_patient: erases the patient with a record number from all cases and requests, by erase_patient. While a
-- case is to come or in progress, or a request is open, nothing is erased.
--
-- cases, requests: how many were erased; case_ids, request_ids: those that prevent it.
-- Outcomes: erased | patient_missing (or erased before) | in_use
-- Locks: as erase_patient. Fails: 22023 for a patient with more than 1,000 cases that are not erased.
-- Idempotent: a repetition returns patient_missing.
create or replace function holdfast.erase_theatre_patient(p_clinic_no integer, p_mrn text, p_actor_id uuid)
  returns table (outcome text, cases integer, requests integer, case_ids uuid[], request_ids uuid[], tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_timestamp();
  v_patient_id uuid;
  v_case_ids uuid[]; v_ids uuid[];
begin
  v_patient_id := patient_of(p_clinic_no, jsonb_build_object('patient', jsonb_build_object('mrn', p_mrn)));
  if v_patient_id is null then
    outcome := 'patient_missing';
    return next;
    return;
  end if;
  v_case_ids := array(select c.booking_id from theatre_case c
                       where c.clinic_no = p_clinic_no and c.patient_id = v_patient_id);
  select array_agg(b.id),
         array_agg(b.id order by c.starts_at) filter (where not booking_is_over(b, v_now))
    into v_ids, case_ids
    from theatre_case c
    join bookings_by_id(array_fill(p_clinic_no, array[cardinality(v_case_ids)]), v_case_ids) b
      on b.clinic_no = c.clinic_no and b.id = c.booking_id
   where c.clinic_no = p_clinic_no and c.patient_id = v_patient_id and b.erased_at is null;
  select array_agg(q.id) filter (where request_seems_open(p_clinic_no, q.id, v_now)), count(*)
    into request_ids, requests
    from case_request q where q.clinic_no = p_clinic_no and q.patient_id = v_patient_id;
  outcome := 'in_use';
  if case_ids is null and request_ids is null then
    cases := coalesce(cardinality(v_ids), 0);
    if cases > 0 then
      select array_agg(v_ids[e.ord]) into case_ids
        from erase_patient(p_clinic_no, v_ids, p_actor_id, null) e where e.outcome = 'booking_not_over';
    else
      perform forget_patients(p_clinic_no, array[v_patient_id], '{}');
    end if;
    -- A case or request may have been added meanwhile.
    if exists (select from patient t
                where t.clinic_no = p_clinic_no and t.id = v_patient_id and t.erased_at is not null) then
      outcome := 'erased';
    end if;
    tx := pg_current_xact_id();
  end if;
  case_ids := coalesce(case_ids, '{}'); request_ids := coalesce(request_ids, '{}');
  return next;
end
$function$;
