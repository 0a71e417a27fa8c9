-- release_allocations: releases everything that cases take: rooms, people, equipment. Called wherever the units of a
-- case are given back: when its hold lapses or its block is withdrawn, when it is cancelled or bumped, and before it is
-- placed anew. And all that visits take, by their slots: when these are empty, withdrawn or archived. Callers know from
-- the row at hand whether there is something to release, and so spare other appointments the look-up.
--
-- p_booking_ids: cases, and slots of visits. null: none.
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
