-- are_locked: which of up to 1,000 requests would wait for the lock of another transaction. The arrays have one element
-- per request, each id may be null. A queue calls it after a lock timeout, to separate these requests from the others.
-- So it looks at every row that claim_slots, settle_bookings and move_bookings lock:
--   p_slot_ids: the slot that a claim or a move enters, and the lapsed holds on it, which have to be given back;
--   p_booking_ids: the booking that changes, and, where p_with_slots says so, the slot that it leaves; also where its
--   confirmation may be a request that holds nothing;
--   the waitlist of the clinic, where a request gives back units (lock_waitlists);
--   p_names: the name of the patient whose other appointments a request looks for (lock_patients); '': that in its
--   booking; null: it looks for none;
--   p_keys: the key of a claim, which another transaction may have inserted and not committed. No row shows that, so it
--   is inserted, and the insertion is rolled back.
-- What does not exist is not locked.
--
-- One statement per row: see lock_bookings.
-- Locks: the rows that are not locked, until it returns. It waits a millisecond for each key; and for a row that was
--   changed meanwhile, for which PostgreSQL may wait in spite of `skip locked`.
-- Fails: 22023 for arrays of different lengths, or more than 1,000; 55P03 if a table is locked.
-- Idempotent: yes, it changes nothing.
create or replace function holdfast.are_locked(
  p_clinic_nos integer[], p_slot_ids uuid[], p_booking_ids uuid[], p_with_slots boolean[], p_keys uuid[],
  p_names text[]
) returns boolean[]
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set lock_timeout = '1ms'
as $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_item record;
  v_left_slot_ids uuid[];
  v_lapsed_ids uuid[]; v_free integer;
  v_locked_keys uuid[] := '{}'; v_locked_ids uuid[] := '{}';
  v_freeing boolean[]; v_locked_clinic_nos integer[] := '{}';
  v_patient_locks bigint[]; v_locked_patients bigint[] := '{}';
begin
  if cardinality(p_clinic_nos) not between 1 and 1000
     or array[cardinality(p_slot_ids), cardinality(p_booking_ids), cardinality(p_with_slots), cardinality(p_keys),
              cardinality(p_names)]
        <> array_fill(cardinality(p_clinic_nos), array[5]) then
    raise exception 'requests come as arrays of the same length, 1 to 1000' using errcode = 'invalid_parameter_value';
  end if;

  for v_item in
    select distinct u.clinic_no, u.key from unnest(p_clinic_nos, p_keys) u(clinic_no, key)
     where u.key is not null
       and not exists (select from idempotency k where k.clinic_no = u.clinic_no and k.key = u.key)
  loop
    begin
      insert into idempotency (clinic_no, key, request_hash, booking_id, created_at)
      values (v_item.clinic_no, v_item.key, v_item.key, v_item.key, v_now) on conflict do nothing;
      raise sqlstate 'HF001';
    exception
      when sqlstate 'HF001' then null;
      when lock_not_available then v_locked_keys := v_locked_keys || v_item.key;
    end;
  end loop;

  if p_names is not null then
    select array_agg(patient_lock(i.clinic_no, fold_name(coalesce(nullif(i.name, ''), b.patient->>'name')))
                     order by i.n)
      into v_patient_locks
      from unnest(p_clinic_nos, p_booking_ids, p_names) with ordinality i(clinic_no, booking_id, name, n)
      left join bookings_by_id(p_clinic_nos, p_booking_ids) b
             on i.name is not null and b.clinic_no = i.clinic_no and b.id = i.booking_id;
    for v_item in
      select distinct u.patient_lock from unnest(v_patient_locks) u(patient_lock) where u.patient_lock is not null
    loop
      begin
        if not pg_try_advisory_xact_lock(v_item.patient_lock) then
          v_locked_patients := v_locked_patients || v_item.patient_lock;
        end if;
        raise sqlstate 'HF001';
      exception
        when sqlstate 'HF001' then null;
      end;
    end loop;
  end if;

  select array_agg(b.slot_id order by i.n) into v_left_slot_ids
    from unnest(p_clinic_nos, p_booking_ids, p_with_slots) with ordinality i(clinic_no, booking_id, with_slot, n)
    left join bookings_by_id(p_clinic_nos, p_booking_ids) b
           on b.clinic_no = i.clinic_no and b.id = i.booking_id
          and (i.with_slot or b.status = 'PENDING' and exists (
                 select from slot s join visit_type t on t.clinic_no = s.clinic_no and t.id = s.visit_type_id
                  where s.clinic_no = b.clinic_no and s.id = b.slot_id and t.approval = 'not_holding'));
  for v_item in
    select distinct u.clinic_no, u.slot_id
      from unnest(p_clinic_nos || p_clinic_nos, p_slot_ids || v_left_slot_ids) u(clinic_no, slot_id)
     where u.slot_id is not null
  loop
    begin
      perform 1 from slot s where s.clinic_no = v_item.clinic_no and s.id = v_item.slot_id for update skip locked;
      if not found then
        perform 1 from slot s where s.clinic_no = v_item.clinic_no and s.id = v_item.slot_id;
        if found then
          v_locked_ids := v_locked_ids || v_item.slot_id;
        end if;
      end if;
    exception
      when lock_not_available then v_locked_ids := v_locked_ids || v_item.slot_id;
    end;
  end loop;

  -- Whether each request gives back units: it leaves a slot, or enters one with lapsed holds.
  select array_agg(i.left_slot_id is not null or coalesce(s.next_lapse <= v_now, false) order by i.n) into v_freeing
    from unnest(p_clinic_nos, p_slot_ids, v_left_slot_ids) with ordinality i(clinic_no, slot_id, left_slot_id, n)
    left join lateral (select t.next_lapse from slot t
                        where t.clinic_no = i.clinic_no and t.id = i.slot_id limit 1) s on true;
  for v_item in
    select distinct u.clinic_no from unnest(p_clinic_nos, v_freeing) u(clinic_no, is_freeing) where u.is_freeing
  loop
    begin
      if not try_lock_waitlist(v_item.clinic_no) then
        v_locked_clinic_nos := v_locked_clinic_nos || v_item.clinic_no;
      end if;
      raise sqlstate 'HF001';
    exception
      when sqlstate 'HF001' then null;
    end;
  end loop;

  for v_item in
    select distinct u.clinic_no, u.slot_id, s.next_lapse
      from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id)
     cross join lateral (select t.next_lapse from slot t
                          where t.clinic_no = u.clinic_no and t.id = u.slot_id limit 1) s
     where s.next_lapse <= v_now
  loop
    -- The same holds as lapse_holds and move_bookings take.
    v_lapsed_ids := (select l.ids from lapsed_holds(array[v_item.clinic_no], array[v_item.slot_id],
                                                    oldest_hold_id(v_item.next_lapse), v_now) l);
    begin
      v_free := cardinality(lock_free_bookings(v_item.clinic_no, v_lapsed_ids));
      if v_free < cardinality(v_lapsed_ids) then
        v_locked_ids := v_locked_ids || v_item.slot_id;
      end if;
    exception
      when lock_not_available then v_locked_ids := v_locked_ids || v_item.slot_id;
    end;
  end loop;

  for v_item in
    select distinct u.clinic_no, u.id from unnest(p_clinic_nos, p_booking_ids) u(clinic_no, id) where u.id is not null
  loop
    begin
      if cardinality(lock_free_bookings(v_item.clinic_no, array[v_item.id])) = 0
         and exists (select from bookings_by_id(array[v_item.clinic_no], array[v_item.id])) then
        v_locked_ids := v_locked_ids || v_item.id;
      end if;
    exception
      when lock_not_available then v_locked_ids := v_locked_ids || v_item.id;
    end;
  end loop;

  return array(
    select coalesce(i.slot_id = any (v_locked_ids), false) or coalesce(i.left_slot_id = any (v_locked_ids), false)
           or coalesce(i.booking_id = any (v_locked_ids), false) or coalesce(i.key = any (v_locked_keys), false)
           or coalesce(v_patient_locks[i.n] = any (v_locked_patients), false)
           or (i.is_freeing and i.clinic_no = any (v_locked_clinic_nos))
      from unnest(p_clinic_nos, p_slot_ids, v_left_slot_ids, p_booking_ids, p_keys, v_freeing) with ordinality
           i(clinic_no, slot_id, left_slot_id, booking_id, key, is_freeing, n)
     order by i.n);
end
$function$;
