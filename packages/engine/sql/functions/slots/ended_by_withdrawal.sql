-- ended_by_withdrawal: the bookings of these slots that became FAILED when their slots were withdrawn, with the status
-- that they had, by start (of a case its own) and id. For withdraw_slots, whose first result may have been lost.
--
-- Every event of a hold has its end, and no event of a confirmed booking has one: so the event before the withdrawal
-- says which it was.
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.ended_by_withdrawal(p_clinic_no integer, p_slot_ids uuid[])
returns table (booking_id uuid, slot_id uuid, starts_at timestamptz, units integer, status text)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
-- Planned for the partitions in which these bookings can be.
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
#variable_conflict use_column
declare
  v_from uuid := oldest_booking_id(p_clinic_no, p_slot_ids);
begin
  if v_from is null then
    return;
  end if;
  return query
  select b.id, b.slot_id, coalesce(c.starts_at, s.starts_at), b.units,
         case when w.hold_expires_at is null then 'CONFIRMED' else 'PENDING' end
    from booking b
    join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
    left join theatre_case c on b.appointment_type = 'case' and c.clinic_no = b.clinic_no and c.booking_id = b.id
    join booking_event f on f.clinic_no = b.clinic_no and f.booking_id = b.id and f.type = 'failed'
                        and f.booking_id >= v_from
    join booking_event w on w.clinic_no = b.clinic_no and w.booking_id = b.id and w.version = f.version - 1
                        and w.booking_id >= v_from
   where b.clinic_no = p_clinic_no and b.slot_id = any (p_slot_ids) and b.id >= v_from and b.status <> 'PENDING'
     and b.failure_reason = 'slot_withdrawn'
   order by 3, b.id;
end
$function$;
