-- correct_waitlist_entry: corrects what an entry of a waitlist says of its patient: the name and the contacts. Its
-- account and its place in the order stay. is_other_email: it has another e-mail address: the link that the former one
-- has received is void, as the manage token is renewed. An entry that has ended is corrected, too, unless it accepted a
-- booking that is not archived: correct_patient corrects that booking, and its entry with it.
--
-- p_changes: the fields of the patient that change; null as a value removes one. p_access: as has_entry_access.
--
-- Outcomes: done | unchanged (the entry says so already) | entry_missing (or it was erased, or without access) |
--   offer_open (its booking, other_id, names the patient, or another transaction has it locked) |
--   offer_accepted (it accepted the booking other_id, which names the patient) |
--   already_waiting (the same person waits for the same by then: other_id is that entry)
-- Locks: the clinic's waitlist, exclusively (see lock_joining); the entry; the offered booking, without waiting, as
--   whoever has locked it may wait for these; then the row of its manage token. From the first on PostgreSQL ends the
--   connection if the caller sends nothing for a second.
-- Fails: 55P03 after about 4 s without the lock.
-- Idempotent: yes.
create or replace function holdfast.correct_waitlist_entry(
  p_clinic_no integer, p_id uuid, p_changes jsonb,
  p_access jsonb default null
) returns table (outcome text, other_id uuid, is_other_email boolean)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_entry waitlist_entry;
  v_patient jsonb;
  v_lock_timeout constant text := current_setting('lock_timeout');
  v_locked_ids uuid[];
begin
  -- As in join_waitlist, of which this makes another person wait.
  perform set_config('idle_in_transaction_session_timeout', '1s', true);
  perform lock_joining(p_clinic_no);
  select e.* into v_entry
    from waitlist_entry e where e.clinic_no = p_clinic_no and e.id = p_id and e.erased_at is null
     for no key update;
  if not found or not has_entry_access(v_entry, p_access) then
    return query select 'entry_missing', null::uuid, false;
    return;
  end if;
  v_patient := jsonb_strip_nulls(v_entry.patient || p_changes);
  if v_patient = v_entry.patient then
    return query select 'unchanged', null::uuid, false;
    return;
  end if;
  if v_entry.end_reason = 'accepted' then
    select b.id into other_id from bookings_by_id(array[p_clinic_no], array[v_entry.offer_id]) b;
    if found then
      return query select 'offer_accepted', other_id, false;
      return;
    end if;
  end if;
  if v_entry.ended_at is null and v_entry.offer_id is not null then
    begin
      -- For a row that was changed meanwhile, PostgreSQL may wait in spite of `skip locked`.
      perform set_config('lock_timeout', '1ms', true);
      v_locked_ids := lock_free_bookings(p_clinic_no, array[v_entry.offer_id]);
      perform set_config('lock_timeout', v_lock_timeout, true);
    exception
      when lock_not_available then v_locked_ids := '{}';
    end;
    -- A separate statement: it reads the booking as it is under the lock. One that is not locked may be confirmed.
    select b.id into other_id
      from bookings_by_id(array[p_clinic_no], array[v_entry.offer_id]) b
     where b.id <> all (v_locked_ids)
        or b.status = 'PENDING'
           and not hold_lapsed(b.status, b.hold_expires_at, greatest(clock_timestamp(), b.updated_at));
    if found then
      return query select 'offer_open', other_id, false;
      return;
    end if;
  end if;
  if v_entry.ended_at is null then
    select e.id into other_id
      from waitlist_entry e
     where e.clinic_no = p_clinic_no and e.id <> p_id and e.ended_at is null
       and (e.resource_id = v_entry.resource_id or e.specialization = v_entry.specialization)
       and e.from_date = v_entry.from_date and e.to_date = v_entry.to_date and e.units = v_entry.units
       and (e.visit_type_id, e.weekdays, e.time_from, e.time_to)
           is not distinct from (v_entry.visit_type_id, v_entry.weekdays, v_entry.time_from, v_entry.time_to)
       and is_same_person(e.patient, e.account_id, v_patient, v_entry.account_id)
     order by e.joined_at, e.id
     limit 1;
    if found then
      return query select 'already_waiting', other_id, false;
      return;
    end if;
  end if;
  is_other_email := lower(v_patient->>'email') is distinct from lower(v_entry.patient->>'email');
  update waitlist_entry e set patient = v_patient where e.clinic_no = p_clinic_no and e.id = p_id;
  if is_other_email and v_entry.patient ? 'email' then
    insert into manage_token (clinic_no, booking_id, epoch, renewal_key)
    values (p_clinic_no, p_id, 1, gen_random_uuid())
    on conflict (clinic_no, booking_id) do update
      set epoch = manage_token.epoch + 1, renewal_key = excluded.renewal_key, renewed_at = clock_timestamp();
  end if;
  return query select 'done', null::uuid, is_other_email;
end
$function$;
