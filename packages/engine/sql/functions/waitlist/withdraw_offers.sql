-- withdraw_offers: ends the open offers of the waitlist in slots that cannot be booked any more: the caller has blocked
-- them, or stopped their doctor's bookings. Each booking becomes FAILED `slot_closed`, or `hold_expired` if it had
-- lapsed, with its event. Its units are given back, and its entry goes on waiting. Holds that patients have claimed,
-- and confirmed bookings, stay.
--
-- Internal: the application's role may not execute it.
-- Locks: the bookings, by id; then as fail_holds. The caller has locked the slots.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes; a second call finds nothing.
create or replace function holdfast.withdraw_offers(p_clinic_no integer, p_slot_ids uuid[]) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
-- Planned for the partitions in which such holds can be.
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  v_now timestamptz;
  v_from uuid;
  v_bookings booking[];
  v_ids uuid[]; v_slot_ids uuid[]; v_ats timestamptz[]; v_reasons text[];
begin
  select oldest_hold_id(min(s.next_lapse)) into v_from
    from slot s where s.clinic_no = p_clinic_no and s.id = any (p_slot_ids);
  select array_agg(b.id) into v_ids
    from booking b
   where b.clinic_no = p_clinic_no and b.slot_id = any (p_slot_ids) and b.id >= v_from and b.status = 'PENDING'
     and b.waitlist_entry_id is not null;
  if v_ids is null then
    return;
  end if;
  v_bookings := lock_bookings(array_fill(p_clinic_no, array[cardinality(v_ids)]), v_ids);
  v_now := clock_timestamp();
  -- The offers are read under the lock: one that was accepted in time stays.
  select array_agg(q.id), array_agg(q.slot_id), array_agg(q.at),
         array_agg(case when hold_lapsed(q.status, q.hold_expires_at, q.at) then 'hold_expired' else 'slot_closed' end)
    into v_ids, v_slot_ids, v_ats, v_reasons
    from (select b.id, b.slot_id, b.status, b.hold_expires_at, greatest(v_now, b.updated_at) as at
            from unnest(v_bookings) b where b.status = 'PENDING') q;
  if v_ids is not null then
    perform fail_holds(array_fill(p_clinic_no, array[cardinality(v_ids)]), v_ids, v_ats,
                       array_fill(p_clinic_no, array[cardinality(v_ids)]), v_slot_ids, v_from, v_reasons);
  end if;
end
$function$;
