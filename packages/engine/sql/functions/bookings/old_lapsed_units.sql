-- old_lapsed_units: lapsed_units where a hold lapsed more than 31 days ago: from p_from on, as oldest_hold_id says.
--
-- Internal. It is planned for the partitions in which such holds can be.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.old_lapsed_units(
  p_clinic_no integer, p_slot_id uuid, p_from uuid, p_at timestamptz
) returns integer
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $function$
begin
  return (select coalesce(sum(b.units), 0)
            from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = p_slot_id
             and b.id >= p_from and b.id < ids_until(p_at) and hold_seems_lapsed(b.status, b.hold_expires_at, p_at));
end
$function$;
