-- waived_rules: the rules of p_plan's override that a case breaks by it, as a JSON array, in the order of the override.
-- The plan has no conflicts with its override.
--
-- p_except_ids, p_overrun: as for case_conflicts.
-- Internal. Locks: none. Fails: as case_needs. Idempotent: yes.
create or replace function holdfast.waived_rules(
  p_clinic_no integer, p_plan jsonb, p_patient_id uuid, p_except_ids uuid[], p_now timestamptz,
  p_overrun holdfast.allocation[]
) returns jsonb
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_rules constant jsonb := coalesce(nullif(p_plan->'override', 'null')->'rules', '[]');
  v_conflicts jsonb;
begin
  if v_rules = '[]' then
    return '[]';
  end if;
  v_conflicts := case_conflicts(p_clinic_no, p_plan - 'override', p_patient_id, p_except_ids, p_now,
                                p_overrun => p_overrun);
  return (select coalesce(jsonb_agg(r.rule order by r.n), '[]')
            from jsonb_array_elements_text(v_rules) with ordinality r(rule, n)
           where v_conflicts @> jsonb_build_array(jsonb_build_object('kind', r.rule)));
end
$function$;
