-- visits_of_slots: the CONFIRMED and ARRIVED bookings of these slots, in no order. p_name: those of patients of this
-- name alone, of fold_name; null: all.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.visits_of_slots(p_clinic_no integer, p_slot_ids uuid[], p_name text)
  returns setof holdfast.booking
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_from constant uuid := oldest_booking_id(p_clinic_no, p_slot_ids);
begin
  if v_from < recent_ids() then
    return query select * from old_visits_of_slots(p_clinic_no, p_slot_ids, p_name, v_from);
  end if;
  return query
  select b.*
    from unnest(p_slot_ids) i(slot_id)
   cross join lateral (select t.* from booking t
                        where t.clinic_no = p_clinic_no and t.slot_id = i.slot_id and t.id >= recent_ids()
                          and t.status in ('CONFIRMED', 'ARRIVED')
                          and (p_name is null or fold_name(t.patient->>'name') = p_name) offset 0) b;
end
$function$;
