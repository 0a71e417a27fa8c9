-- plan_demand: what a new case's plan needs (case_needs), and whether that has to be looked at more closely:
-- is_invalid, case_invalid finds something; is_taken, other cases have some of it (taking_cases). patient_id: null for
-- a patient without cases.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: as case_needs. Idempotent: yes.
create or replace function holdfast.plan_demand(p_clinic_no integer, p_plan jsonb)
  returns table (patient_id uuid, needs holdfast.case_need[], resource_ids uuid[], is_invalid boolean, is_taken boolean)
language sql stable
begin atomic
  select t.id, d.needs, d.resource_ids, d.is_invalid, d.is_taken
    from (select holdfast.patient_of(p_clinic_no, p_plan) as id offset 0) t
   cross join lateral (
     select array_agg(n) as needs, array_agg(n.resource_id) as resource_ids,
            bool_or(n.kind <> 'patient' and (n.is_fit and n.active) is not true)
              or count(*) > count(distinct n.resource_id) as is_invalid,
            bool_or(exists (select from holdfast.allocation a
                             where a.clinic_no = p_clinic_no and a.resource_id = n.resource_id
                               and a.during && n.during)) as is_taken
       from holdfast.case_needs(p_clinic_no, p_plan, coalesce(t.id, (p_plan->>'newPatientId')::uuid)) n) d;
end;
