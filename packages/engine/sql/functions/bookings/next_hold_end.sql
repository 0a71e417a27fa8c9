-- next_hold_end: when the next hold on a slot lapses after p_at; null: none. Only to be called for a slot whose
-- next_lapse has passed; otherwise next_lapse says it.
--
-- A function for the reason of lapsed_units.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.next_hold_end(p_clinic_no integer, p_slot_id uuid, p_at timestamptz)
  returns timestamptz
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $function$
begin
  return (select min(b.hold_expires_at)
            from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = p_slot_id
             and b.id >= recent_ids()
             and b.status = 'PENDING' and b.hold_expires_at > p_at);
end
$function$;
