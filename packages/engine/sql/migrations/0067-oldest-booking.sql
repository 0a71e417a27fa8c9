-- When the oldest booking was created that was moved into this slot, if it is older than the slot; the others are not
-- older than the slot. Bookings of a slot are looked for from there on: docs/decisions/0015.
alter table holdfast.slot add column oldest_booking_at timestamptz;

update holdfast.slot s
   set oldest_booking_at = q.created_at
  from (select b.clinic_no, b.slot_id, min(b.created_at) as created_at
          from holdfast.booking b
          join holdfast.slot o on o.clinic_no = b.clinic_no and o.id = b.slot_id and o.created_at > b.created_at
         group by b.clinic_no, b.slot_id) q
 where s.clinic_no = q.clinic_no and s.id = q.slot_id;
