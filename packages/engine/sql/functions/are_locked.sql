-- are_locked: which of up to 1,000 requests would wait for the lock of another transaction: on their slot, their
-- booking, or their booking's slot. The arrays have one element per request, either id may be null. What does not exist
-- is not locked. A queue calls it after a lock timeout, to separate these requests from the others.
--
-- One statement per row: see lock_bookings.
-- Locks: the slots and bookings that are not locked, until it returns; it waits for none.
-- Fails: 22023 for arrays of different lengths, or more than 1,000.
-- Idempotent: yes, it changes nothing.
create or replace function holdfast.are_locked(p_clinic_nos integer[], p_slot_ids uuid[], p_booking_ids uuid[])
returns boolean[]
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_item record;
  v_slot_ids uuid[];
  v_slot_id uuid;
  v_locked boolean;
  v_result boolean[] := '{}';
begin
  if cardinality(p_clinic_nos) not between 1 and 1000 or cardinality(p_slot_ids) <> cardinality(p_clinic_nos)
     or cardinality(p_booking_ids) <> cardinality(p_clinic_nos) then
    raise exception 'requests come as arrays of the same length, 1 to 1000' using errcode = 'invalid_parameter_value';
  end if;
  for v_item in
    select u.clinic_no, u.slot_id, u.booking_id
      from unnest(p_clinic_nos, p_slot_ids, p_booking_ids) with ordinality u(clinic_no, slot_id, booking_id, n)
     order by u.n
  loop
    v_locked := false;
    v_slot_ids := array[v_item.slot_id];
    select b.slot_id into v_slot_id from booking b where b.clinic_no = v_item.clinic_no and b.id = v_item.booking_id;
    if found then
      v_slot_ids := v_slot_ids || v_slot_id;
      perform 1 from booking b where b.clinic_no = v_item.clinic_no and b.id = v_item.booking_id
        for update skip locked;
      v_locked := not found;
    end if;
    foreach v_slot_id in array v_slot_ids loop
      perform 1 from slot s where s.clinic_no = v_item.clinic_no and s.id = v_slot_id for update skip locked;
      if not found then
        perform 1 from slot s where s.clinic_no = v_item.clinic_no and s.id = v_slot_id;
        v_locked := v_locked or found;
      end if;
    end loop;
    v_result := v_result || v_locked;
  end loop;
  return v_result;
end
$function$;
