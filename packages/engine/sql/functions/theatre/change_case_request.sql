-- change_case_request: corrects an open request of the waitlist. Its patient stays.
--
-- p_version: of the request that the caller has read. p_change: the fields that change, of {service, procedure: {code,
--   display}, minutes, urgency, dueOn, roomId, surgeonId, anaesthetistId, staffIds, equipment, note}. What the request
--   has may have become inactive since; what the change adds has to be active. A due day that changes is not over in
--   the clinic's zone.
--
-- Outcomes: done | unchanged (it has all of that: a repetition comes with the version before) | missing (there is no
--   such request, or it was withdrawn) | scheduled (it has a case) | changed (`version` is that of the request now) |
--   due_in_past | invalid (`invalid`: as case_invalid)
-- Locks: the booking of its last case; then the request.
-- Fails: as case_needs; 23514 for what the checks of the table refuse. Idempotent: yes.
create or replace function holdfast.change_case_request(
  p_clinic_no integer, p_id uuid, p_version integer, p_change jsonb
) returns table (outcome text, version integer, invalid jsonb)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_case_id constant uuid := (select q.case_id from case_request q where q.clinic_no = p_clinic_no and q.id = p_id);
  v_timezone constant text := (select c.timezone from clinic c where c.no = p_clinic_no);
  v_request case_request;
  v_had jsonb; v_wanted jsonb;
begin
  if lock_open_request(p_clinic_no, p_id, v_case_id, clock_timestamp()) is not true then
    outcome := case when exists (select from case_request q
                                  where q.clinic_no = p_clinic_no and q.id = p_id and q.withdrawn_at is null)
                    then 'scheduled' else 'missing' end;
    return next;
    return;
  end if;
  select * into v_request from case_request q where q.clinic_no = p_clinic_no and q.id = p_id;
  version := v_request.version;
  v_had := jsonb_build_object(
    'service', v_request.service,
    'procedure', jsonb_build_object('code', v_request.procedure_code, 'display', v_request.procedure_display),
    'minutes', v_request.minutes, 'urgency', v_request.urgency, 'dueOn', v_request.due_on,
    'roomId', v_request.room_id, 'surgeonId', v_request.surgeon_id, 'anaesthetistId', v_request.anaesthetist_id,
    'staffIds', v_request.staff_ids, 'equipment', v_request.equipment, 'note', v_request.note);
  v_wanted := v_had || p_change;
  invalid := case_invalid(
    p_clinic_no, v_wanted || '{"startsAt": "epoch"}',
    array_remove(array[v_request.room_id, v_request.surgeon_id, v_request.anaesthetist_id], null)
      || v_request.staff_ids
      || array(select (e->>'equipmentId')::uuid from jsonb_array_elements(v_request.equipment) e));
  outcome := case
    when v_wanted = v_had then 'unchanged'
    when v_request.version <> p_version then 'changed'
    when v_wanted->'dueOn' <> v_had->'dueOn'
         and (v_wanted->>'dueOn')::date < (clock_timestamp() at time zone v_timezone)::date then 'due_in_past'
    when invalid is not null then 'invalid'
    else 'done' end;
  if outcome = 'done' then
    -- The same as in save_case_request.
    with changed as (
      update case_request q
         set service = v_wanted->>'service', procedure_code = v_wanted->'procedure'->>'code',
             procedure_display = v_wanted->'procedure'->>'display', minutes = (v_wanted->>'minutes')::integer,
             urgency = v_wanted->>'urgency', due_on = (v_wanted->>'dueOn')::date,
             room_id = (v_wanted->>'roomId')::uuid, surgeon_id = (v_wanted->>'surgeonId')::uuid,
             anaesthetist_id = (v_wanted->>'anaesthetistId')::uuid, staff_ids = staff_of_case(v_wanted),
             equipment = v_wanted->'equipment', note = v_wanted->>'note', version = q.version + 1
       where q.clinic_no = p_clinic_no and q.id = p_id
      returning q.patient_id
    )
    insert into directory_change (clinic_no, resource_id) select p_clinic_no, c.patient_id from changed c;
  end if;
  return next;
end
$function$;
