-- release_allocations: releases everything that cases take: rooms, people, equipment. Called wherever the units of a
-- case are given back: when its hold lapses or its block is withdrawn, when it is cancelled or bumped, and before it is
-- placed anew. For bookings of type `case` only: callers know the type from the row at hand, and so spare appointments
-- the look-up.
--
-- Internal.
-- Locks: the allocations. Nobody waits for them: the caller has locked the slots and bookings that they belong to.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.release_allocations(p_clinic_nos integer[], p_booking_ids uuid[]) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  delete from allocation a
   using unnest(p_clinic_nos, p_booking_ids) i(clinic_no, booking_id)
   where a.clinic_no = i.clinic_no and a.booking_id = i.booking_id;
end
$function$;
