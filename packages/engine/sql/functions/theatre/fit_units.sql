-- fit_units: corrects the minutes that a case takes of its block, after fit_allocations: as long as it takes the room,
-- also before its planned start if the block has begun, but not more than planned, even if it is late; none if it was
-- over before that. Minutes that it gave back it takes again, also if the block has booked them to others
-- (widen_block). Returns whether they have changed.
--
-- p_booking: the booking of the case, as it is under the lock.
-- Planned for the month of its id, as place_booking_of_case.
-- Internal. docs/decisions/0030.
-- Locks: none; the caller has lock_case.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.fit_units(p_booking holdfast.booking) returns boolean
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_units integer;
begin
  select least(extract(epoch from c.ends_at - c.starts_at) / 60 + c.turnover_minutes,
               greatest(0, ceil(extract(epoch from coalesce(upper(a.during), taken_until('room', c, 0))
                                                   - greatest(s.starts_at, least(c.starts_at, i.at))) / 60)))
    into v_units
    from theatre_case c
    join allocation a on a.clinic_no = c.clinic_no and a.booking_id = c.booking_id and a.kind = 'room'
    join slot s on s.clinic_no = c.clinic_no and s.id = p_booking.slot_id
    left join case_milestone i on i.clinic_no = c.clinic_no and i.booking_id = c.booking_id and i.milestone = 'in_room'
   where c.clinic_no = p_booking.clinic_no and c.booking_id = p_booking.id;
  if coalesce(v_units, p_booking.units) = p_booking.units then
    return false;
  end if;
  perform widen_block(p_booking.clinic_no, p_booking.slot_id, v_units - p_booking.units);
  update booking b set units = v_units where b.clinic_no = p_booking.clinic_no and b.id = p_booking.id;
  update slot s set taken = s.taken + v_units - p_booking.units
   where s.clinic_no = p_booking.clinic_no and s.id = p_booking.slot_id;
  return true;
end
$function$;
