-- place_of_case: where a case is booked that begins at p_starts_at in a room: the room, its slot and block (case_slot),
-- and what the clinic and the surgeon prefer. The capacity of a block is its planned minutes. No row: there is no such
-- room.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.place_of_case(
  p_clinic_no integer, p_room_id uuid, p_starts_at timestamptz, p_surgeon_id uuid
) returns setof holdfast.case_place
language sql stable
begin atomic
  select c.id, c.timezone, c.hold_seconds, r.id, r.turnover_minutes, r.hours, r.open_time_id,
         (select t.preferred_equipment_ids from holdfast.resource t
           where t.clinic_no = p_clinic_no and t.id = p_surgeon_id),
         s.id, s.is_block, s.starts_at, s.ends_at, coalesce(k.minutes, s.capacity), s.taken, s.next_lapse, k
    from holdfast.resource r
    join holdfast.clinic c on c.no = r.clinic_no
    left join lateral holdfast.case_slot(p_clinic_no, p_room_id, p_starts_at) s on true
    left join holdfast.block k on k.clinic_no = r.clinic_no and k.slot_id = s.id
   where r.clinic_no = p_clinic_no and r.id = p_room_id;
end;
