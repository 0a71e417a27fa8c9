-- confirm_attendance: records that the patient of a confirmed booking will come to this slot: see set_attendance, whose
-- rows it returns.
--
-- Locks: the booking.
-- Fails: never.
-- Idempotent: by key, as set_attendance.
create or replace function holdfast.confirm_attendance(
  p_clinic_no integer, p_id uuid, p_slot_id uuid, p_actor_id uuid, p_key uuid,
  p_access jsonb default null
) returns table (outcome text, tx xid8)
language sql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select a.outcome, a.tx from set_attendance(p_clinic_no, p_id, p_slot_id, p_actor_id, p_key, true, p_access) a;
$function$;
