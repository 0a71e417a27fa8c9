-- bump_refusals: which cases may not be bumped for these plans, and why, as a JSON array of {caseId, why}. Empty: all
-- may be, and each of them has something that a plan does not get by the others alone.
--
-- why: emergency_is_elective (caseId is of a plan, which may not bump any case) | not_elective | not_in_the_way
-- (nothing that it takes is needed and missing once the others are gone: case_conflicts).
-- p_moved_ids: the cases of these plans that exist already. p_now: as for case_conflicts.
-- Internal. Locks: none; called under the locks of everything it reads, its result is final.
-- Fails: as case_needs. Idempotent: yes.
create or replace function holdfast.bump_refusals(
  p_clinic_no integer, p_plans jsonb, p_bumps jsonb, p_moved_ids uuid[], p_now timestamptz
) returns jsonb
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  v_bumpable_ids jsonb;
  v_refusals jsonb;
begin
  select jsonb_agg(jsonb_build_object('caseId', p->>'caseId', 'why', 'emergency_is_elective'))
    into v_refusals
    from jsonb_array_elements(p_plans) p
   where not may_bump(p->>'urgency', 'elective');
  if v_refusals is not null then
    return v_refusals;
  end if;
  select coalesce(jsonb_agg(b->>'caseId'), '[]') into v_bumpable_ids
    from jsonb_array_elements(p_bumps) b
   where exists (
     select from jsonb_array_elements(p_plans) p
      cross join lateral jsonb_array_elements(
        case_conflicts(p_clinic_no, p, patient_of(p_clinic_no, p),
                       p_moved_ids || array(select (o->>'caseId')::uuid from jsonb_array_elements(p_bumps) o
                                             where o->>'caseId' <> b->>'caseId'), p_now)) f
      where f->'bumpableCaseIds' ? (b->>'caseId'));
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
             'caseId', c.booking_id,
             'why', case when may_bump(p_plans->0->>'urgency', c.urgency) then 'not_in_the_way' else 'not_elective' end)
             order by c.booking_id), '[]')
      from jsonb_array_elements(p_bumps) b
      join theatre_case c on c.clinic_no = p_clinic_no and c.booking_id = (b->>'caseId')::uuid
     where not v_bumpable_ids ? c.booking_id::text);
end
$function$;
