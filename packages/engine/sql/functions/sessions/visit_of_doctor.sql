-- visit_of_doctor: a visit type as a doctor offers it, with the doctor's own minutes and buffers, and the clinic's
-- rules where the visit type has none; appointment_types: those that both offer. A visit type that names no doctors is
-- offered by all. No row: there is no such visit type.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.visit_of_doctor(p_clinic_no integer, p_visit_type_id uuid, p_resource_id uuid)
  returns setof holdfast.offered_visit
language sql stable
begin atomic
  select t.id,
         t.active and o.appointment_types <> '{}'
         and (d.resource_id is not null
              or not exists (select from holdfast.visit_type_doctor n
                              where n.clinic_no = t.clinic_no and n.visit_type_id = t.id)),
         coalesce(d.minutes, t.minutes), coalesce(d.buffer_before_minutes, t.buffer_before_minutes),
         coalesce(d.buffer_after_minutes, t.buffer_after_minutes), t.capacity, t.bookable_by, o.appointment_types,
         make_interval(mins => coalesce(t.minimum_notice_minutes, c.minimum_notice_minutes)),
         make_interval(days => coalesce(t.booking_horizon_days, c.booking_horizon_days)),
         t.needs_room or t.device_ids <> '{}', coalesce(t.part_ids, array[t.id])
    from holdfast.visit_type t
    join holdfast.clinic c on c.no = t.clinic_no
    left join holdfast.visit_type_doctor d
           on d.clinic_no = t.clinic_no and d.visit_type_id = t.id and d.resource_id = p_resource_id
    left join holdfast.resource r on r.clinic_no = t.clinic_no and r.id = p_resource_id
   cross join lateral (
     select array(select a.type from unnest(t.appointment_types) with ordinality a(type, n)
                   where a.type = any (r.appointment_types) order by a.n) as appointment_types) o
   where t.clinic_no = p_clinic_no and t.id = p_visit_type_id;
end;
