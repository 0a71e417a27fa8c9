-- erase_outdated: erases the patients of a clinic's bookings whose appointment began more than the clinic's
-- `patient_data_months` ago, in the order of their slots from where the last call ended. At most p_slots_max slots and
-- 1,000 bookings; none before the clinic's `patient_data_erased_from`. Returns how many bookings it erased and whether
-- more may be left: call it again until none are.
--
-- Entries of the waitlist are erased the same time after their end, and not while they wait; records of patients after
-- their last change, and not while anything is linked to them.
--
-- What a call has erased is recorded in the security log.
--
-- Locks: an advisory lock per clinic, until the commit: while another server works on the clinic, it does nothing and
--   returns that nothing is left. Then the bookings, as erase_patient, and the waitlist, as erase_waitlist_entries.
-- Fails: 22023 for a limit outside of 1–1,000.
-- Idempotent: yes.
create or replace function holdfast.erase_outdated(p_clinic_no integer, p_slots_max integer)
  returns table (erased bigint, is_done boolean)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
-- Planned for the partitions in which the bookings of these slots can be.
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  c_bookings_max constant integer := 1000;
  v_months integer;
  v_slot_ids uuid[];
  v_last_start timestamptz;
  v_booking_ids uuid[];
  v_from uuid;
begin
  if p_slots_max is null or p_slots_max not between 1 and 1000 then
    raise exception 'the limit must be 1 to 1000, not %', p_slots_max using errcode = 'invalid_parameter_value';
  end if;
  -- The class of locks is that of migrations, plus 2.
  if not pg_try_advisory_xact_lock(1215261798, p_clinic_no) then
    return query select 0::bigint, true;
    return;
  end if;
  select c.patient_data_months into v_months from clinic c
   where c.no = p_clinic_no and coalesce(c.patient_data_erased_from <= clock_timestamp(), true);
  if v_months > 0 then
    select array_agg(q.id order by q.starts_at, q.id), max(q.starts_at) into v_slot_ids, v_last_start
      from (select s.id, s.starts_at
              from slot s
              left join retention_progress p on p.clinic_no = p_clinic_no
             where s.clinic_no = p_clinic_no and s.starts_at < clock_timestamp() - make_interval(months => v_months)
               and s.starts_at >= coalesce(p.starts_at, '-infinity')
               and (p.clinic_no is null or (s.starts_at, s.id) > (p.starts_at, p.slot_id))
             order by s.starts_at, s.id limit p_slots_max) q;
  end if;
  if v_slot_ids is null then
    perform erase_outdated_entries(p_clinic_no, v_months, c_bookings_max);
    perform erase_outdated_records(p_clinic_no, v_months, c_bookings_max);
    return query select 0::bigint, true;
    return;
  end if;
  v_from := oldest_booking_id(p_clinic_no, v_slot_ids);
  -- Two queries for the two partial indexes.
  select array_agg(q.id) into v_booking_ids
    from (select b.id from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = any (v_slot_ids)
             and b.id >= v_from and b.erased_at is null
             and hold_seems_lapsed(b.status, b.hold_expires_at, clock_timestamp())
           union all
          select b.id from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = any (v_slot_ids)
             and b.id >= v_from and b.status <> 'PENDING'
             and b.erased_at is null
           limit c_bookings_max) q;
  erased := 0;
  if v_booking_ids is not null then
    select count(*) into erased from erase_patient(p_clinic_no, v_booking_ids, null, null, p_keeps_waiting => true) e
     where e.outcome = 'done';
  end if;
  if erased > 0 then
    insert into audit_event (clinic_no, at, kind, count, actor_kind, details)
    values (p_clinic_no, clock_timestamp(), 'patients_erased', 1, 'system', array[erased::text, 'retention']);
  end if;
  is_done := cardinality(v_slot_ids) < p_slots_max;
  -- Slots with more bookings than one call erases are read again.
  if coalesce(cardinality(v_booking_ids), 0) < c_bookings_max then
    insert into retention_progress (clinic_no, starts_at, slot_id)
    values (p_clinic_no, v_last_start, v_slot_ids[cardinality(v_slot_ids)])
    on conflict (clinic_no) do update set starts_at = excluded.starts_at, slot_id = excluded.slot_id;
  else
    is_done := false;
  end if;
  -- This comes last: a transaction that has locked a waitlist locks no bookings.
  perform erase_outdated_entries(p_clinic_no, v_months, c_bookings_max);
  if is_done then
    perform erase_outdated_records(p_clinic_no, v_months, c_bookings_max);
  end if;
  return next;
end
$function$;
