-- save_case_request: puts a request on the waitlist. Returns the first path of p_request whose resource does not
-- exist; 'patient' if the record number belongs to another patient; and null when the request is stored.
--
-- p_request: {id, newPatientId, patient: {mrn, name, birthDate, correct}, service, procedure: {code, display}, minutes,
--   urgency, dueOn, roomId, surgeonId, anaesthetistId, staffIds, equipment, note, mayChangePatient}. A known patient
--   has to have the name and the birth date that were sent, as for a case (is_patient). A caller who may not change
--   patients has to send exactly what is stored: they learn nothing about the patient, and do not rename the patient of
--   another surgeon.
-- Locks: the patient, if known, else the record number.
-- Fails: 40001 if another transaction stores the same new patient at this moment: run it again.
-- Idempotent: no; the caller stores its result under the key of the request.
create or replace function holdfast.save_case_request(p_clinic_no integer, p_request jsonb, p_actor_id uuid)
  returns text
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_patient_id uuid;
  v_missing text;
  v_name constant text := p_request->'patient'->>'name';
  v_birth_date constant date := p_request->'patient'->>'birthDate';
begin
  select n.path into v_missing from case_needs(p_clinic_no, p_request || '{"startsAt": "epoch"}', null) n
   where n.is_fit is not true order by n.path limit 1;
  if v_missing is not null then
    return v_missing;
  end if;
  v_patient_id := patient_of(p_clinic_no, p_request);
  perform lock_resources(p_clinic_no, array[v_patient_id]);
  if exists (select from patient t
              where t.clinic_no = p_clinic_no and t.id = v_patient_id
                and (not is_patient(t.name, t.birth_date, p_request->'patient')
                     or (p_request->>'mayChangePatient')::boolean is not true
                        and (t.name, t.birth_date) is distinct from (v_name, v_birth_date))) then
    return 'patient';
  end if;
  v_patient_id := (save_patients(p_clinic_no, array[p_request->'patient'], array[(p_request->>'newPatientId')::uuid],
                                 array[v_patient_id], array[p_actor_id]))[1].id;
  if v_patient_id is null then
    raise exception 'another request has just stored this patient' using errcode = 'serialization_failure';
  end if;
  insert into case_request (clinic_no, id, patient_id, service, procedure_code, procedure_display, minutes, urgency,
                            due_on, room_id, surgeon_id, anaesthetist_id, staff_ids, equipment, note, created_by)
  values (p_clinic_no, (p_request->>'id')::uuid, v_patient_id, p_request->>'service',
          p_request->'procedure'->>'code', p_request->'procedure'->>'display', (p_request->>'minutes')::integer,
          p_request->>'urgency', (p_request->>'dueOn')::date, (p_request->>'roomId')::uuid,
          (p_request->>'surgeonId')::uuid, (p_request->>'anaesthetistId')::uuid,
          array(select s.id::uuid from jsonb_array_elements_text(p_request->'staffIds') with ordinality s(id, n)
                 order by s.n),
          p_request->'equipment', p_request->>'note', p_actor_id);
  -- The waitlist has no events: its readers are notified as of a change of the directory.
  insert into directory_change (clinic_no, resource_id) values (p_clinic_no, v_patient_id);
  return null;
end
$function$;
