-- visits_of_slots: the CONFIRMED and ARRIVED bookings of these slots, in no order. p_names: those of patients of these
-- names alone, of fold_name, and those of p_ids; null: all. One that becomes old meanwhile may be among them twice.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.visits_of_slots(p_clinic_no integer, p_slot_ids uuid[], p_names text[],
                                                    p_ids uuid[] default '{}')
  returns setof holdfast.booking
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_from constant uuid := oldest_booking_id(p_clinic_no, p_slot_ids);
begin
  return query
  select b.*
    from unnest(p_slot_ids) i(slot_id)
   cross join lateral (select t.* from booking t
                        where t.clinic_no = p_clinic_no and t.slot_id = i.slot_id and t.id >= recent_ids()
                          and t.status in ('CONFIRMED', 'ARRIVED')
                          and (p_names is null or fold_name(t.patient->>'name') = any (p_names)
                               or t.id = any (p_ids)) offset 0) b;
  -- Last: recent_ids becomes higher when a month begins, perhaps meanwhile.
  if v_from < recent_ids() then
    return query select v.* from unnest(old_visits_of_slots(p_clinic_no, p_slot_ids, p_names, p_ids, v_from)) v;
  end if;
end
$function$;
