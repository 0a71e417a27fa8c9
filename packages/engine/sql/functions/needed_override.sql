-- needed_override: the part of a plan's override that is needed, for a plan without conflicts: the rules that it
-- breaks, with the reason. null: it breaks none.
--
-- p_place, p_needs, p_taking_ids: as for case_conflicts.
-- Internal. Locks: none; called under the locks of everything it reads, its result is final.
-- Fails: as case_needs. Idempotent: yes.
create or replace function holdfast.needed_override(
  p_clinic_no integer, p_plan jsonb, p_patient_id uuid, p_now timestamptz, p_needs holdfast.case_need[],
  p_place holdfast.case_place, p_taking_ids uuid[]
) returns jsonb
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_conflicts jsonb;
begin
  if coalesce(p_plan->'override', 'null') = 'null' then
    return null;
  end if;
  v_conflicts := case_conflicts(p_clinic_no, p_plan - 'override', p_patient_id, '{}', p_now, p_needs, p_place,
                                p_taking_ids);
  return (
    select p_plan->'override' || jsonb_build_object('rules', jsonb_agg(r.rule order by r.n))
      from jsonb_array_elements(p_plan->'override'->'rules') with ordinality r(rule, n)
     where v_conflicts @> jsonb_build_array(jsonb_build_object('kind', r.rule))
    having count(*) > 0);
end
$function$;
