-- case_slot: the slot on which a case is booked that begins at p_at in a room: the room's block at that time, else the
-- day of its open time, which may not exist yet. A case that begins in a block belongs to it, wherever it ends.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.case_slot(p_clinic_no integer, p_room_id uuid, p_at timestamptz)
  returns table (id uuid, is_block boolean, starts_at timestamptz, ends_at timestamptz, capacity integer,
                 taken integer, next_lapse timestamptz)
language sql stable
begin atomic
  select s.id, s.resource_id = r.id, s.starts_at, s.ends_at, s.capacity, s.taken, s.next_lapse
    from holdfast.resource r
   cross join lateral (select r.id as resource_id union all select r.open_time_id) o
    join holdfast.slot s on s.clinic_no = r.clinic_no and s.resource_id = o.resource_id and s.withdrawn_at is null
                        and tstzrange(s.starts_at, s.ends_at) @> p_at
   where r.clinic_no = p_clinic_no and r.id = p_room_id
   order by s.resource_id <> r.id
   limit 1;
end;
