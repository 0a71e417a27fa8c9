-- first_hold_end: the earliest end of a hold on a slot, of those with ids from p_from on; null: it has none.
--
-- Internal. A function that is planned for the partitions in which such holds can be.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.first_hold_end(
  p_clinic_no integer, p_slot_id uuid, p_from uuid, p_now timestamptz
) returns timestamptz
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
begin
  return (select min(b.hold_expires_at)
            from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = p_slot_id and b.status = 'PENDING'
             and b.id >= p_from and b.id < ids_until(p_now));
end
$function$;
