-- Keys and origins are looked for by their booking, when its patient is erased and when it is archived, and deleted by
-- age. Ids have a time, so one index serves both: it replaces the index of times. See docs/decisions/0026.
create index idempotency_booking on holdfast.idempotency (booking_id);
drop index holdfast.idempotency_created_at;
create index booking_origin_booking on holdfast.booking_origin (booking_id);
drop index holdfast.booking_origin_at;

-- Slots that were created while the database's clock was ahead: from now on, claims note bookings that are older.
update holdfast.slot s
   set oldest_booking_at = q.created_at
  from (select b.clinic_no, b.slot_id, min(b.created_at) as created_at
          from holdfast.booking b
          join holdfast.slot o on o.clinic_no = b.clinic_no and o.id = b.slot_id and o.created_at > b.created_at
         group by b.clinic_no, b.slot_id) q
 where s.clinic_no = q.clinic_no and s.id = q.slot_id
   and q.created_at < coalesce(s.oldest_booking_at, s.created_at);
