-- erase_patient: removes what identifies the patient from bookings of a clinic that are over: the name and contacts,
-- the reasons, the account, and every copy of them. Slot, times, units and status stay. Returns one row per booking, by
-- its place `ord`, with the transaction that erased it.
--
-- The log is the only place where an event changes afterwards: a digest of a name can be guessed, so the booking's
-- events lose their digests, and the account as their actor. Then comes the event `erased`, with the digest of what is
-- left, by which verify finds data that was put back. Its actor is null if the patient's account erased the booking.
--
-- p_access: that of the caller to each of these bookings, as has_access.
--
-- Outcomes: done | unchanged (it is erased already; tx: the last transaction that changed it) |
--   booking_missing (also without access) | booking_not_over (see booking_is_over)
-- A patient of cases is forgotten with the last of them: see forget_patients. A record that the booking is linked to
-- stays, without the link. The booking is in no series any more. The entry of the waitlist that it was made for is
-- erased with it; not one that still waits, if p_keeps_waiting says so.
--
-- Locks: the bookings, by id; then patients of cases, and linked ones, by id; then entries of the waitlist.
-- Fails: 22023 for no or more than 1,000 bookings.
-- Idempotent: yes.
create or replace function holdfast.erase_patient(
  p_clinic_no integer, p_ids uuid[], p_actor_id uuid, p_key uuid, p_keeps_waiting boolean default false,
  p_access jsonb default null
) returns table (ord integer, outcome text, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_bookings booking[];
  v_outcomes text[];
  v_erased_ids uuid[]; v_case_ids uuid[];
  v_months uuid[];
begin
  if cardinality(p_ids) not between 1 and 1000 or array_position(p_ids, null) is not null then
    raise exception 'bookings to erase are 1 to 1000' using errcode = 'invalid_parameter_value';
  end if;
  v_bookings := lock_bookings(array_fill(p_clinic_no, array[cardinality(p_ids)]), p_ids);
  v_now := clock_timestamp();

  select array_agg(v.outcome order by v.n), array_agg(distinct v.id) filter (where v.outcome = 'done')
    into v_outcomes, v_erased_ids
    from (select i.n, i.id,
                 case when b.id is null then 'booking_missing'
                      when b.erased_at is not null then 'unchanged'
                      when not has_access(b, p_access) then 'booking_missing'
                      when booking_is_over(b, greatest(v_now, b.updated_at)) then 'done'
                      else 'booking_not_over' end as outcome
            from unnest(p_ids) with ordinality i(id, n)
            left join unnest(v_bookings) b on b.id = i.id) v;

  -- One statement per month, planned for its partition: see id_months.
  v_months := id_months(v_erased_ids);
  for v_n in 1 .. coalesce(cardinality(v_months), 0) by 2 loop
    with before as materialized (
      select b.* from unnest(v_bookings) b
       where b.id = any (v_erased_ids) and b.id between v_months[v_n] and v_months[v_n + 1]
    ), accounts as materialized (
      -- An account that had added the booking may have lost it since, by a correction.
      select b.id, array_remove(b.account_id || array(
               select l.actor_id from booking_event l
                where l.clinic_no = p_clinic_no and l.booking_id = b.id and l.type = 'linked'
                  and l.booking_id between v_months[v_n] and v_months[v_n + 1]), null) as ids
        from before b
    ), stripped as (
      update booking_event l
         set booking_digest = null, request_key = null,
             actor_id = case when not l.actor_id = any (a.ids) then l.actor_id end
        from accounts a
       where l.clinic_no = p_clinic_no and l.booking_id = a.id
         and l.booking_id between v_months[v_n] and v_months[v_n + 1]
    ), stripped_copies as (
      update late_event l
         set actor_id = null
        from accounts a
       where l.clinic_no = p_clinic_no and l.booking_id = a.id and l.actor_id = any (a.ids)
    ), erased as (
      update booking b
         set account_id = null, patient = '{"name": ""}', reason = null, cancellation_reason = null,
             extended_by = case when b.extended_by is not null then gen_random_uuid() end,
             erased_at = greatest(v_now, b.updated_at), updated_at = greatest(v_now, b.updated_at),
             version = b.version + 1
        from before o
       where b.clinic_no = p_clinic_no and b.id = o.id and b.id between v_months[v_n] and v_months[v_n + 1]
      returning b.clinic_no, b.id, b.version, b.updated_at, b.slot_id, b.resource_id, b.units, b.hold_expires_at,
                b.failure_reason, b.status,
                booking_digest(b.account_id, b.appointment_type, b.patient, b.reason, b.cancellation_reason) as digest
    ), logged as (
      insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
                                 hold_expires_at, reason, actor_id, status_after, request_key, booking_digest)
      select e.clinic_no, e.id, e.version, e.updated_at, 'erased', e.slot_id, e.resource_id, e.units,
             e.hold_expires_at, e.failure_reason, nullif(p_actor_id, o.account_id), e.status, p_key, e.digest
        from erased e
        join before o on o.id = e.id
    )
    insert into erased_booking (clinic_no, booking_id, erased_at)
    select e.clinic_no, e.id, e.updated_at from erased e
    on conflict (clinic_no, booking_id) do update set erased_at = excluded.erased_at;
  end loop;
  -- All at once, so that they are locked by id: those that are linked, those of cases, and those merged with them.
  perform lock_with_merged(p_clinic_no, array(
    select l.patient_id from booking_patient l
     where l.clinic_no = p_clinic_no and l.booking_id = any (v_erased_ids)
     union all
    select c.patient_id from theatre_case c
     where c.clinic_no = p_clinic_no and c.booking_id = any (v_erased_ids)));
  perform remove_links(p_clinic_no, v_erased_ids);
  delete from booking_series_member where clinic_no = p_clinic_no and booking_id = any (v_erased_ids);
  select array_agg(b.id) into v_case_ids
    from unnest(v_bookings) b where b.id = any (v_erased_ids) and b.appointment_type = 'case';
  if v_case_ids is not null then
    perform forget_patients(p_clinic_no, array(select distinct c.patient_id from theatre_case c
                                                where c.clinic_no = p_clinic_no and c.booking_id = any (v_case_ids)),
                            v_case_ids);
  end if;
  perform erase_waitlist_entries(p_clinic_no, array(
    select e.id from unnest(v_bookings) b
      join waitlist_entry e on e.clinic_no = p_clinic_no and e.id = b.waitlist_entry_id
     where b.id = any (v_erased_ids) and (e.ended_at is not null or not p_keeps_waiting)));
  if v_erased_ids is not null then
    perform note_erasures(p_clinic_no, 'booking', v_erased_ids);
    perform delete_copies_of_patients(v_erased_ids);
    perform note_late_events(array_fill(p_clinic_no, array[cardinality(v_erased_ids)]), v_erased_ids, v_now);
  end if;

  return query
  select i.n::integer, i.outcome,
         case i.outcome when 'done' then pg_current_xact_id()
                        when 'unchanged' then (select l.tx from last_change(p_clinic_no, i.id) l) end
    from unnest(p_ids, v_outcomes) with ordinality i(id, outcome, n)
   order by i.n;
end
$function$;
