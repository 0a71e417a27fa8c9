-- lapsed_units: the units of a slot's holds that have lapsed by p_at and were not given back yet, for reads that count
-- them as free. Only to be called for a slot whose p_next_lapse has passed. 0 if somebody waits for them: the caller
-- that gives them back offers them to that person first. If the first of them is more than 31 days old, 1,000 holds
-- count at most: so many are given back at once.
--
-- A function, so that the query that calls it neither plans nor locks the partitions of bookings.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.lapsed_units(
  p_clinic_no integer, p_slot_id uuid, p_next_lapse timestamptz, p_at timestamptz
) returns integer
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $function$
declare
  v_units integer;
begin
  if oldest_hold_id(p_next_lapse) < late_ids(clock_timestamp()) then
    v_units := (select coalesce(sum(b.units), 0)
                  from old_lapsed_holds(array[p_clinic_no], array[p_slot_id], oldest_hold_id(p_next_lapse), p_at) l
                 cross join lateral bookings_by_id(l.clinic_nos, l.ids) b);
  else
    v_units := (select coalesce(sum(b.units), 0)
                  from booking b
                 where b.clinic_no = p_clinic_no and b.slot_id = p_slot_id
                   and b.id >= recent_ids() and hold_seems_lapsed(b.status, b.hold_expires_at, p_at));
  end if;
  return case when v_units > 0 and is_awaited(p_clinic_no, p_slot_id, v_units, p_at) then 0 else v_units end;
end
$function$;
