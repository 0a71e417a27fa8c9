-- place_booking_of_case: moves the booking of a case, which the caller has locked: to a slot, with units. Returns it as
-- it is then.
--
-- Planned for the month of its id, which takes less than it saves (docs/decisions/0011): cases are moved seldom.
-- Internal. Locks: none that the caller does not have. Fails: never. Idempotent: no; each call adds one to the version.
create or replace function holdfast.place_booking_of_case(
  p_clinic_no integer, p_id uuid, p_slot_id uuid, p_resource_id uuid, p_units integer, p_at timestamptz
) returns holdfast.booking
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_booking booking;
begin
  update booking b
     set slot_id = p_slot_id, resource_id = p_resource_id, units = p_units, version = b.version + 1,
         updated_at = greatest(p_at, b.updated_at)
   where b.clinic_no = p_clinic_no and b.id = p_id
  returning b.* into v_booking;
  return v_booking;
end
$function$;
