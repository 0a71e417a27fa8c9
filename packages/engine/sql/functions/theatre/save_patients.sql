-- save_patients: patients by their record numbers, as they are then, in no order: stored with the name if the number
-- is new, else with the birth date if there was none. What is stored of a known patient is replaced only if `correct`
-- says so. One is left out if another transaction has just stored its number, or erased the patient; try again.
--
-- p_patients: {mrn, name, birthDate, correct, sentBy}, of different patients. p_known_ids: those found before, whose
-- resources are locked; null: a new one, to be stored by its p_new_ids. A known patient's name is shared by all of
-- their cases, so the security log records who changed it: p_actor_ids, which are accounts unless sentBy says api_key;
-- null: the system.
-- Internal.
-- Locks: the known patients, by id; then the record numbers of new ones, in order.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.save_patients(
  p_clinic_no integer, p_patients jsonb[], p_new_ids uuid[], p_known_ids uuid[], p_actor_ids uuid[]
) returns holdfast.patient[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_patients patient[] := '{}';
  v_new patient[];
  v_changed patient;
  v_item record;
begin
  if array_remove(p_known_ids, null) <> '{}' then
    select coalesce(array_agg(q.t), '{}') into v_patients
      from (select t from patient t
             where t.clinic_no = p_clinic_no and t.id = any (p_known_ids) and t.erased_at is null
             order by t.id for no key update) q;
    for v_item in
      select t.id, t.name as name_before, t.birth_date as birth_date_before, n.name, n.birth_date, u.actor_id,
             coalesce(u.patient->>'sentBy', 'account') as actor_kind
        from unnest(v_patients) t
        join unnest(p_known_ids, p_patients, p_actor_ids) u(id, patient, actor_id) on u.id = t.id
       cross join lateral (select (u.patient->>'correct')::boolean is true as corrects,
                                  (u.patient->>'birthDate')::date as birth_date) s
       cross join lateral (select case when s.corrects then u.patient->>'name' else t.name end as name,
                                  case when s.corrects then coalesce(s.birth_date, t.birth_date)
                                       else coalesce(t.birth_date, s.birth_date) end as birth_date) n
       where (t.name, t.birth_date) is distinct from (n.name, n.birth_date)
    loop
      update patient t
         set name = v_item.name, birth_date = v_item.birth_date
       where t.clinic_no = p_clinic_no and t.id = v_item.id
      returning t.* into v_changed;
      v_patients := array(select case when t.id = v_changed.id then v_changed else t end from unnest(v_patients) t);
      insert into audit_event (clinic_no, at, kind, count, actor_kind, actor_id, subject_id, details)
      values (p_clinic_no, clock_timestamp(), 'patient_changed', 1,
              case when v_item.actor_id is null then 'system' else v_item.actor_kind end, v_item.actor_id, v_item.id,
              array_remove(array[case when v_item.name_before <> v_item.name then 'name' end,
                                 case when v_item.birth_date_before is distinct from v_item.birth_date
                                      then 'birthDate' end], null));
    end loop;
  end if;
  if array_position(p_known_ids, null) is not null then
    with stored as (
      insert into patient (clinic_no, id, mrn, name, birth_date)
      select p_clinic_no, u.new_id, u.patient->>'mrn', u.patient->>'name', (u.patient->>'birthDate')::date
        from unnest(p_known_ids, p_new_ids, p_patients) u(known_id, new_id, patient)
       where u.known_id is null
       order by fold_record_number(u.patient->>'mrn')
      on conflict do nothing
      returning patient as patient
    ), resourced as (
      insert into resource (clinic_no, id, kind, name)
      select p_clinic_no, (s.patient).id, 'patient', 'Patient' from stored s
    )
    select array_agg(s.patient) into v_new from stored s;
    v_patients := v_patients || v_new;
  end if;
  return v_patients;
end
$function$;
