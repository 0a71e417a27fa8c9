-- with_bumpable_cases: the conflicts of a plan (case_conflicts). Conflicts with other cases get bumpableCaseIds, the
-- cases that may give way to the plan: those that have not begun, of an urgency that may_bump allows. A conflict
-- without such a case stays as it is.
--
-- p_except_ids: cases whose allocations are about to be released. Holds that have lapsed by p_now are not named.
-- Internal. Locks: none; called under the locks of everything it reads, its result is final.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.with_bumpable_cases(
  p_clinic_no integer, p_plan jsonb, p_conflicts jsonb, p_except_ids uuid[], p_now timestamptz
) returns jsonb
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  v_ids uuid[] := array(
    select distinct (f->>'caseId')::uuid from jsonb_array_elements(p_conflicts) f where f->>'caseId' is not null);
  v_bumpable booking[];
begin
  if cardinality(v_ids) = 0 then
    return p_conflicts;
  end if;
  v_bumpable := array(
    select b
      from bookings_by_id(array_fill(p_clinic_no, array[cardinality(v_ids)]), v_ids) b
      join theatre_case c on c.clinic_no = p_clinic_no and c.booking_id = b.id
     where b.id <> all (p_except_ids) and has_not_begun(p_clinic_no, b.id, b.status)
       and not hold_seems_lapsed(b.status, b.hold_expires_at, p_now)
       and may_bump(p_plan->>'urgency', c.urgency));
  return (
    select jsonb_agg(case when g.ids is null then f.conflict
                          else f.conflict || jsonb_build_object('bumpableCaseIds', g.ids) end order by f.n)
      from jsonb_array_elements(p_conflicts) with ordinality f(conflict, n)
     cross join lateral (
       select jsonb_agg(b.id order by b.id) as ids
         from unnest(v_bumpable) b
        where b.id = (f.conflict->>'caseId')::uuid) g);
end
$function$;
