-- needed_override: the override that a case has once it gets this plan, for a plan without conflicts: those rules of
-- the plan's override that the case breaks by it; and of the case's own override, those that it still breaks and that
-- are not judged again (kept_rules). null: there are none. A rule that was changed since the booking is not added.
--
-- The reason is that of the plan, unless it adds no rule to the case's own.
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
  v_given constant jsonb := nullif(p_plan->'override', 'null');
  v_had jsonb;
  v_kept text[] := '{}';
  v_conflicts jsonb; v_rules jsonb;
begin
  if p_plan->>'version' is not null then
    v_had := (select c.override from theatre_case c
               where c.clinic_no = p_clinic_no and c.booking_id = (p_plan->>'caseId')::uuid);
  end if;
  if v_given is null and v_had is null then
    return null;
  end if;
  if p_plan->>'version' is not null then
    v_kept := kept_rules(p_clinic_no, p_plan, p_place);
  end if;
  -- The plan does not name the case, so it is judged by all rules.
  v_conflicts := case_conflicts(p_clinic_no, p_plan - 'override' - 'caseId', p_patient_id, '{}', p_now, p_needs,
                                p_place, p_taking_ids);
  v_rules := (
    select jsonb_agg(q.rule order by q.n)
      from (select r.rule, min(r.n) as n
              from jsonb_array_elements_text(coalesce(v_given->'rules', '[]') || coalesce(v_had->'rules', '[]'))
                     with ordinality r(rule, n)
             where case when r.rule = any (v_kept) then v_had->'rules' ? r.rule else v_given->'rules' ? r.rule end
               and v_conflicts @> jsonb_build_array(jsonb_build_object('kind', r.rule))
             group by r.rule) q);
  if v_rules is null then
    return null;
  end if;
  return case when v_rules <@ (v_had->'rules') and v_rules <@ to_jsonb(v_kept) then v_had else v_given end
    || jsonb_build_object('rules', v_rules);
end
$function$;
