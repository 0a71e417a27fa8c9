-- former_resources: of what a plan may need, what its case has at the same start already, for case_invalid and
-- case_conflicts: its room, patient, people, and the equipment of which the plan needs no more units. Empty for a new
-- case, or one that gets another start: a closed room would then be used at a time that nobody has agreed to.
--
-- Internal. Locks: none; if the caller has locked the case, the result is final. Fails: never. Idempotent: yes.
create or replace function holdfast.former_resources(p_clinic_no integer, p_plan jsonb) returns uuid[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return array(
    select i.id
      from theatre_case c
     cross join lateral (
       select unnest(array[c.room_id, c.patient_id, c.surgeon_id, c.anaesthetist_id] || c.staff_ids)
       union all
       select (e->>'equipmentId')::uuid
         from jsonb_array_elements(c.equipment) e
        where not exists (select from jsonb_array_elements(p_plan->'equipment') n
                           where n->>'equipmentId' = e->>'equipmentId'
                             and (n->>'units')::integer > (e->>'units')::integer)) i(id)
     where c.clinic_no = p_clinic_no and c.booking_id = (p_plan->>'caseId')::uuid
       and c.starts_at = (p_plan->>'startsAt')::timestamptz and i.id is not null);
end
$function$;
