-- save_patient: a patient by the record number, as it is then: stored with the name if it is new, else with the newest
-- name, and with the birth date if there was none. null: another transaction has just stored this number, or erased
-- this patient; try again.
--
-- p_patient: {mrn, name, birthDate}. p_known_id: found before; its resource is locked. A known patient's name is shared
-- by all of their cases, so the security log records who changed it.
-- Internal.
-- Locks: the patient; for a new one, the record number.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.save_patient(p_clinic_no integer, p_patient jsonb, p_new_id uuid, p_known_id uuid,
                                                p_actor_id uuid)
  returns holdfast.theatre_patient
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_known theatre_patient;
  v_patient theatre_patient;
begin
  if p_known_id is not null then
    select * into v_known from theatre_patient t
      where t.clinic_no = p_clinic_no and t.id = p_known_id and t.erased_at is null for no key update;
    if not found then
      return null;
    end if;
    if v_known.mrn = p_patient->>'mrn'
       and (v_known.name <> p_patient->>'name'
            or v_known.birth_date is null and p_patient->>'birthDate' is not null) then
      update theatre_patient t
         set name = p_patient->>'name', birth_date = coalesce(t.birth_date, (p_patient->>'birthDate')::date),
             updated_at = clock_timestamp()
       where t.clinic_no = p_clinic_no and t.id = p_known_id
      returning t.* into v_patient;
      insert into audit_event (clinic_no, at, kind, count, actor_kind, actor_id, subject_id, details)
      values (p_clinic_no, clock_timestamp(), 'theatre_patient_changed', 1,
              case when p_actor_id is null then 'system' else 'account' end, p_actor_id, p_known_id,
              array_remove(array[case when v_known.name <> p_patient->>'name' then 'name' end,
                                 case when v_known.birth_date is null and p_patient->>'birthDate' is not null
                                      then 'birthDate' end], null));
      return v_patient;
    end if;
    return v_known;
  end if;
  insert into theatre_patient (clinic_no, id, mrn, name, birth_date)
  values (p_clinic_no, p_new_id, p_patient->>'mrn', p_patient->>'name', (p_patient->>'birthDate')::date)
  on conflict do nothing
  returning * into v_patient;
  if not found then
    return null;
  end if;
  insert into resource (clinic_no, id, kind, name) values (p_clinic_no, p_new_id, 'patient', 'Patient');
  return v_patient;
end
$function$;
