-- case_needs: the resources that a case's plan takes, how many units of each and when: people and the patient for its
-- minutes, the room and the equipment longer, by their turnover or reprocessing. This is the only definition of the
-- rule.
--
-- p_plan: {roomId, startsAt, minutes, surgeonId, anaesthetistId, staffIds, equipment: [{equipmentId, units}],
--   turnoverMinutes}, as the application's plan. turnoverMinutes: null: the room's. p_patient_id: for a patient who has
--   no case yet, the id to be stored, or null.
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: 22P02 for an id or a number that is none. Idempotent: yes.
create or replace function holdfast.case_needs(p_clinic_no integer, p_plan jsonb, p_patient_id uuid)
  returns setof holdfast.case_need
language sql stable
begin atomic
  select n.kind, n.path, n.resource_id, n.units,
         tstzrange(t.starts_at, t.ends_at + case when n.kind in ('room', 'equipment')
                                                 then make_interval(mins => coalesce(n.turnover_minutes,
                                                                                     r.turnover_minutes, 0))
                                                 else interval '0' end),
         r.name, r.kind, r.units, r.active,
         case n.kind when 'room' then r.kind = 'operating_room'
                     when 'equipment' then r.kind = 'equipment'
                     when 'patient' then r.kind = 'patient'
                     when 'surgeon' then r.kind = 'doctor' or r.profession = 'surgeon'
                     when 'anaesthetist' then r.kind = 'doctor' or r.profession = 'anaesthetist'
                     else r.kind in ('doctor', 'staff') end
    from (select 'room' as kind, '/roomId' as path, (p_plan->>'roomId')::uuid as resource_id, 1 as units,
                 (p_plan->>'turnoverMinutes')::integer as turnover_minutes
          union all
          select 'surgeon', '/surgeonId', (p_plan->>'surgeonId')::uuid, 1, null
          union all
          select 'anaesthetist', '/anaesthetistId', (p_plan->>'anaesthetistId')::uuid, 1, null
          union all
          select 'staff', '/staffIds/' || s.n - 1, s.id::uuid, 1, null
            from jsonb_array_elements_text(p_plan->'staffIds') with ordinality s(id, n)
          union all
          select 'equipment', format('/equipment/%s/equipmentId', e.n - 1), (e.item->>'equipmentId')::uuid,
                 (e.item->>'units')::integer, null
            from jsonb_array_elements(p_plan->'equipment') with ordinality e(item, n)
          union all
          select 'patient', '/patient', p_patient_id, 1, null) n
   cross join (select (p_plan->>'startsAt')::timestamptz as starts_at,
                      (p_plan->>'startsAt')::timestamptz + make_interval(mins => (p_plan->>'minutes')::integer)
                        as ends_at) t
    -- Found by id, one by one: a join would read all resources of the clinic, its patients among them.
    left join lateral (select t.* from holdfast.resource t
                        where t.clinic_no = p_clinic_no and t.id = n.resource_id limit 1) r on true
   where n.resource_id is not null;
end;
