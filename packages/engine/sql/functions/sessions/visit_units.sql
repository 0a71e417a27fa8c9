-- visit_units: the units of rooms and devices that would do for visits of a type, whether they are free or not: of each
-- need, one of them is taken. A need that nothing would do for, because everything is switched off, has one row without
-- a resource. No row: the visit type needs nothing beside the doctor.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.visit_units(p_clinic_no integer, p_visit_type_id uuid)
  returns table (need integer, kind text, resource_id uuid, unit_no integer)
language sql stable
begin atomic
  select 0, 'consulting_room', r.id, 1
    from holdfast.visit_type t
    left join holdfast.resource r on r.clinic_no = t.clinic_no and r.kind = 'consulting_room' and r.active
                                 and (t.room_ids = '{}' or r.id = any (t.room_ids))
   where t.clinic_no = p_clinic_no and t.id = p_visit_type_id and t.needs_room
  union all
  select d.n::integer, 'device', r.id, g.no
    from holdfast.visit_type t
   cross join unnest(t.device_ids) with ordinality d(id, n)
    left join holdfast.resource r on r.clinic_no = t.clinic_no and r.id = d.id and r.kind = 'device' and r.active
    left join generate_series(1, r.units) g(no) on true
   where t.clinic_no = p_clinic_no and t.id = p_visit_type_id;
end;
