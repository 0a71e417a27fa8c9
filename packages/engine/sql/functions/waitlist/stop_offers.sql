-- stop_offers: ends the open offers of a doctor whose bookings have been stopped in this transaction (withdraw_offers).
--
-- It locks all slots to come, and not only those with offers: a change that gives back units of one at this moment
-- offers them as long as the stop is not committed, and has the slot's lock until that offer can be seen here.
--
-- Locks: the slots, by (clinic_no, id); then as withdraw_offers. The caller has locked the resource.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes.
create or replace function holdfast.stop_offers(p_clinic_no integer, p_resource_id uuid) returns void
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  v_slot_ids uuid[];
begin
  select array_agg(q.id) into v_slot_ids
    from (select s.id from slot s
           where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
             and s.starts_at > clock_timestamp()
           order by s.clinic_no, s.id
             for update) q;
  -- A separate statement: its snapshot is from after the wait.
  select array_agg(s.id) into v_slot_ids
    from slot s where s.clinic_no = p_clinic_no and s.id = any (v_slot_ids) and s.next_lapse is not null;
  if v_slot_ids is not null then
    perform withdraw_offers(p_clinic_no, v_slot_ids);
  end if;
end
$function$;
