-- ended_by_withdrawal: the bookings of these slots that became FAILED when their slots were withdrawn, with the status
-- that they had, by start and id. For withdraw_slots, whose first result may have been lost.
--
-- Every event of a hold has its end, and no event of a confirmed booking has one: so the event before the withdrawal
-- says which it was.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.ended_by_withdrawal(p_clinic_no integer, p_slot_ids uuid[])
returns table (booking_id uuid, slot_id uuid, starts_at timestamptz, units integer, status text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
as $function$
  select b.id, b.slot_id, s.starts_at, b.units, case when w.hold_expires_at is null then 'CONFIRMED' else 'PENDING' end
    from booking b
    join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
    join booking_event f on f.clinic_no = b.clinic_no and f.booking_id = b.id and f.type = 'failed'
    join booking_event w on w.clinic_no = b.clinic_no and w.booking_id = b.id and w.version = f.version - 1
   where b.clinic_no = p_clinic_no and b.slot_id = any (p_slot_ids) and b.status <> 'PENDING'
     and b.failure_reason = 'slot_withdrawn'
   order by s.starts_at, b.id
$function$;
