-- oldest_booking_id: the lowest id that a booking of these slots can have. Bookings that were created before their slot
-- are no older than slot.oldest_booking_at (see oldest_booking_of). null: there are no such slots.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.oldest_booking_id(p_clinic_no integer, p_slot_ids uuid[]) returns uuid
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select ids_from(min(least(s.oldest_booking_at, s.created_at)))
    from slot s
   where s.clinic_no = p_clinic_no and s.id = any (p_slot_ids)
$function$;
