-- old_bookings_of_slot: the confirmed bookings of a slot whose ids are lower than recent_ids.
--
-- Planned for each call, so that it reads and locks the months from the slot's first booking on, and no others; none if
-- the slot has no booking so old.
-- Internal: called by first_waiting. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.old_bookings_of_slot(p_clinic_no integer, p_slot_id uuid)
returns holdfast.booking[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_from constant uuid := oldest_booking_id(p_clinic_no, array[p_slot_id]);
begin
  if v_from is null or v_from >= recent_ids() then
    return '{}';
  end if;
  return array(
    select b from booking b
     where b.clinic_no = p_clinic_no and b.slot_id = p_slot_id and b.id >= v_from and b.id < recent_ids()
       and b.status <> 'PENDING' and b.status = 'CONFIRMED');
end
$function$;
