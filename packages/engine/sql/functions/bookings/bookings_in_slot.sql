-- bookings_in_slot: the bookings of a slot that count: its visits (visits_of_slots), and its holds that have not
-- lapsed.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.bookings_in_slot(p_clinic_no integer, p_slot_id uuid) returns holdfast.booking[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_now constant timestamptz := clock_timestamp();
begin
  return array(
    select b from booking b
     where b.clinic_no = p_clinic_no and b.slot_id = p_slot_id and b.id >= recent_ids() and b.status = 'PENDING'
       and not hold_seems_lapsed(b.status, b.hold_expires_at, v_now)
     union all
    select v from visits_of_slots(p_clinic_no, array[p_slot_id], null) v);
end
$function$;
