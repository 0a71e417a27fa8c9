-- erase_record: erases a patient from the clinic: all cases, requests and linked bookings, by erase_patient, and the
-- record, with those that were merged with it (with_merged). While one of these is to come or in progress, or a request
-- is open, nothing is erased.
--
-- p_patient_id: of the record; null: p_mrn is its record number (patient_of).
-- bookings, cases, requests: how many were erased; booking_ids, case_ids, request_ids: those that prevent it.
-- resource_ids: whose bookings were erased.
-- Outcomes: erased | patient_missing (or erased before) | in_use
-- Locks: as erase_patient. Fails: 22023 for a patient with more than 1,000 bookings and cases that are not erased.
-- Idempotent: a repetition returns patient_missing.
create or replace function holdfast.erase_record(
  p_clinic_no integer, p_patient_id uuid, p_mrn text, p_actor_id uuid
) returns table (outcome text, bookings integer, cases integer, requests integer, booking_ids uuid[], case_ids uuid[],
                 request_ids uuid[], resource_ids uuid[], tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_timestamp();
  v_patient_id uuid;
  v_record_ids uuid[];
  v_found_ids uuid[]; v_ids uuid[]; v_in_use_ids uuid[];
begin
  v_patient_id := coalesce(
    p_patient_id,
    patient_of(p_clinic_no, jsonb_build_object('patient', jsonb_build_object('mrn', p_mrn))));
  if not exists (select from patient t
                  where t.clinic_no = p_clinic_no and t.id = v_patient_id and t.erased_at is null) then
    outcome := 'patient_missing';
    return next;
    return;
  end if;
  v_record_ids := with_merged(p_clinic_no, array[v_patient_id]);
  v_found_ids := array(select c.booking_id from theatre_case c
                        where c.clinic_no = p_clinic_no and c.patient_id = any (v_record_ids)
                        union
                       select l.booking_id from booking_patient l
                        where l.clinic_no = p_clinic_no and l.patient_id = any (v_record_ids));
  select array_agg(b.id), array_agg(b.id) filter (where not booking_is_over(b, v_now)),
         count(*) filter (where b.appointment_type = 'case'), count(*) filter (where b.appointment_type <> 'case'),
         array_agg(distinct b.resource_id)
    into v_ids, v_in_use_ids, cases, bookings, resource_ids
    from bookings_by_id(array_fill(p_clinic_no, array[cardinality(v_found_ids)]), v_found_ids) b
   where b.clinic_no = p_clinic_no and b.erased_at is null;
  select array_agg(q.id) filter (where request_seems_open(p_clinic_no, q.id, v_now)), count(*)
    into request_ids, requests
    from case_request q where q.clinic_no = p_clinic_no and q.patient_id = any (v_record_ids);
  outcome := 'in_use';
  if v_in_use_ids is null and request_ids is null then
    if v_ids is not null then
      select array_agg(v_ids[e.ord]) into v_in_use_ids
        from erase_patient(p_clinic_no, v_ids, p_actor_id, null) e where e.outcome = 'booking_not_over';
    end if;
    perform forget_patients(p_clinic_no, array[v_patient_id], '{}');
    -- A case, a request or a link may have been added meanwhile.
    if exists (select from patient t
                where t.clinic_no = p_clinic_no and t.id = v_patient_id and t.erased_at is not null) then
      outcome := 'erased';
    end if;
    tx := pg_current_xact_id();
  end if;
  case_ids := array(select c.booking_id from theatre_case c
                     where c.clinic_no = p_clinic_no and c.booking_id = any (v_in_use_ids)
                     order by c.starts_at, c.booking_id);
  booking_ids := array(select i.id from unnest(v_in_use_ids) i(id) where i.id <> all (case_ids) order by i.id);
  request_ids := coalesce(request_ids, '{}'); resource_ids := coalesce(resource_ids, '{}');
  return next;
end
$function$;
