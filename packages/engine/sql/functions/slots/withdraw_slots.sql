-- withdraw_slots: takes slots out of the calendar for good: the one named by p_slot_id, or those of p_resource_id that
-- start in [p_from, p_to). Their live bookings (PENDING, CONFIRMED) become FAILED `slot_withdrawn`, lapsed holds on
-- them FAILED `hold_expired`, each with its event. Confirmed cases return to the waitlist, and so do the requests of
-- held ones. Returns one row: the outcome, how many slots it withdrew, of a range without the empty ones of visits, of
-- how many open sessions it closed at least a part (withdraw_sessions), and the live bookings that failed as parallel
-- arrays, by start and id. A case has its own start in its block.
--
-- A repetition names the bookings that the first call ended, because somebody has to call these patients: for a slot
-- that was withdrawn before, for all withdrawn slots of a range with nothing left to withdraw, and otherwise for those
-- withdrawn in the last hour: a large range takes several calls, and one of them may have failed. Without open
-- sessions in the range, it counts those that were closed there in the last hour.
--
-- A range is also taken out of the doctor's open sessions (withdraw_sessions), so that no visit is booked there again.
-- In a range, slots that have started are left alone. An ARRIVED patient is in the building: that booking stays, and
-- keeps its units.
--
-- p_dry_run: the same result for what is not withdrawn yet; nothing is written or locked.
--
-- Outcomes: withdrawn | slot_missing, slot_in_past (only for p_slot_id) | slot_has_bookings (not p_with_bookings, and
--   there are live or ARRIVED ones; `live` is their number, nothing changes) | too_large (a range of more slots or
--   bookings than one call withdraws; `slots` and `live` are these limits, nothing changes)
-- Locks: the doctor, if a range has open sessions; the slots, by (clinic_no, id); then their bookings, by (clinic_no,
--   id): the order of claims, moves and settle_bookings; then the requests of cases (return_to_waitlist).
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes; slots withdrawn before return withdrawn, with the bookings that this ended.
create or replace function holdfast.withdraw_slots(
  p_clinic_no integer, p_slot_id uuid, p_resource_id uuid, p_from timestamptz, p_to timestamptz,
  p_with_bookings boolean, p_dry_run boolean, p_actor_id uuid
) returns table (
  outcome text, slots integer, sessions integer, live integer, booking_ids uuid[], slot_ids uuid[],
  starts timestamptz[], units integer[], statuses text[], tx xid8
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
-- Planned for each call: it has one slot, or 20,000.
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
#variable_conflict use_column
declare
  -- The limits of a range. A single slot is always withdrawn with all its bookings.
  c_slots_max constant integer := 20000;
  c_bookings_max constant integer := 100000;
  v_now timestamptz := clock_timestamp();
  v_slot slot;
  v_slots uuid[];
  v_withdrawn uuid[];
  v_bookings uuid[];
  -- cases, and slots of visits
  v_released uuid[];
  v_lost_cases uuid[];
  v_offers uuid[]; v_offer_outcomes text[]; v_offer_ats timestamptz[];
  v_from uuid;
  v_has_sessions boolean := false;
begin
  outcome := 'withdrawn'; slots := 0; sessions := 0; live := 0;
  booking_ids := '{}'; slot_ids := '{}'; starts := '{}'; units := '{}'; statuses := '{}';

  -- 1. Which slots: locked, and as they are under the lock.
  if p_slot_id is not null then
    if p_dry_run then
      select s.* into v_slot from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id;
    else
      select s.* into v_slot from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id for update;
    end if;
    v_now := clock_timestamp();
    if v_slot.id is null or (v_slot.withdrawn_at is null and v_slot.starts_at <= v_now) then
      outcome := case when v_slot.id is null then 'slot_missing' else 'slot_in_past' end;
      tx := pg_current_xact_id_if_assigned();
      return next;
      return;
    elsif v_slot.withdrawn_at is null then
      v_slots := array[p_slot_id];
    else
      v_withdrawn := array[p_slot_id];
    end if;
  else
    sessions := (
      select count(*) from open_session s
       where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
         and s.starts_at > p_from - interval '25 hours' and s.starts_at < p_to
         and s.ends_at > greatest(p_from, v_now) and p_to > v_now);
    v_has_sessions := sessions > 0 and not p_dry_run;
    if v_has_sessions then
      perform lock_resources(p_clinic_no, array[p_resource_id]);
    elsif not p_dry_run then
      select count(*) into sessions
        from open_session s
       where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id
         and s.withdrawn_at > v_now - interval '1 hour' and s.ends_at > v_now and p_to > v_now
         and s.starts_at > p_from - interval '25 hours' and s.starts_at < p_to and s.ends_at > p_from;
    end if;
    select array_agg(q.id) into v_slots
      from (select s.id from slot s
             where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
               and s.starts_at >= p_from and s.starts_at < p_to and s.starts_at > v_now
             limit c_slots_max + 1) q;
    if cardinality(v_slots) > c_slots_max then
      outcome := 'too_large'; slots := c_slots_max; live := c_bookings_max;
      return next;
      return;
    end if;
    if not p_dry_run then
      perform 1 from slot s where s.clinic_no = p_clinic_no and s.id = any (v_slots) order by s.clinic_no, s.id
        for update;
      v_now := clock_timestamp();
      select array_agg(s.id) into v_slots
        from slot s
       where s.clinic_no = p_clinic_no and s.id = any (v_slots) and s.withdrawn_at is null and s.starts_at > v_now;
      select array_agg(s.id) into v_withdrawn
        from slot s
       where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is not null
         and s.starts_at >= p_from and s.starts_at < p_to and s.starts_at > v_now
         and (v_slots is null or s.withdrawn_at > v_now - interval '1 hour');
    end if;
  end if;
  if v_slots is null then
    if v_has_sessions then
      sessions := withdraw_sessions(p_clinic_no, p_resource_id, p_from, p_to);
    end if;
    slots := coalesce(cardinality(v_withdrawn), 0);
    if p_dry_run or slots = 0 then
      tx := case when v_has_sessions then pg_current_xact_id() end;
      return next;
      return;
    end if;
    select coalesce(array_agg(e.booking_id), '{}'), coalesce(array_agg(e.slot_id), '{}'),
           coalesce(array_agg(e.starts_at), '{}'), coalesce(array_agg(e.units), '{}'),
           coalesce(array_agg(e.status), '{}')
      into booking_ids, slot_ids, starts, units, statuses
      from ended_by_withdrawal(p_clinic_no, v_withdrawn) e;
    slots := (select count(*) from slot s
               where s.clinic_no = p_clinic_no and s.id = any (v_withdrawn)
                 and (s.session_id is null or s.id = any (slot_ids) or p_slot_id is not null));
    live := cardinality(booking_ids);
    tx := pg_current_xact_id();
    return next;
    return;
  end if;
  slots := (select count(*) from slot s
             where s.clinic_no = p_clinic_no and s.id = any (v_slots) and (takes_time(s) or p_slot_id is not null));

  -- 2. Which bookings. No booking can be added, or moved in or out, while the slots are locked; a confirmation may be
  --    in flight, so they are locked as well and then read again. Two queries for the two partial indexes.
  v_from := oldest_booking_id(p_clinic_no, v_slots);
  select array_agg(q.id) into v_bookings
    from (select b.id from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = any (v_slots) and b.id >= v_from and b.status = 'PENDING'
           union all
          select b.id from booking b
           where b.clinic_no = p_clinic_no and b.slot_id = any (v_slots) and b.id >= v_from and b.status <> 'PENDING'
             and b.status in ('CONFIRMED', 'ARRIVED')) q;
  if p_slot_id is null and cardinality(v_bookings) > c_bookings_max then
    outcome := 'too_large'; slots := c_slots_max; live := c_bookings_max;
    return next;
    return;
  end if;
  if not p_dry_run then
    perform 1 from booking b where b.clinic_no = p_clinic_no and b.id = any (v_bookings) and b.id >= v_from
     order by b.clinic_no, b.id
      for update;
    v_now := clock_timestamp();
  end if;
  select count(*) into live
    from booking b
   where b.clinic_no = p_clinic_no and b.id = any (v_bookings) and b.id >= v_from
     and b.status in ('PENDING', 'CONFIRMED', 'ARRIVED')
     and not hold_lapsed(b.status, b.hold_expires_at, greatest(v_now, b.updated_at));
  if live > 0 and not p_with_bookings then
    outcome := 'slot_has_bookings';
    return next;
    return;
  end if;
  select coalesce(array_agg(q.id order by q.starts_at, q.id), '{}'),
         coalesce(array_agg(q.slot_id order by q.starts_at, q.id), '{}'),
         coalesce(array_agg(q.starts_at order by q.starts_at, q.id), '{}'),
         coalesce(array_agg(q.units order by q.starts_at, q.id), '{}'),
         coalesce(array_agg(q.status order by q.starts_at, q.id), '{}')
    into booking_ids, slot_ids, starts, units, statuses
    from (select b.id, b.slot_id, coalesce(c.starts_at, s.starts_at) as starts_at, b.units, b.status
            from booking b
            join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
            left join theatre_case c on b.appointment_type = 'case' and c.clinic_no = b.clinic_no
                                    and c.booking_id = b.id
           where b.clinic_no = p_clinic_no and b.id = any (v_bookings) and b.id >= v_from
             and b.status in ('PENDING', 'CONFIRMED')
             and not hold_lapsed(b.status, b.hold_expires_at, greatest(v_now, b.updated_at))
           union all
          select e.booking_id, e.slot_id, e.starts_at, e.units, e.status
            from ended_by_withdrawal(p_clinic_no, v_withdrawn) e) q;
  if p_dry_run then
    return next;
    return;
  end if;

  -- 3. Fail them, log it, give their units back, close the slots.
  if v_has_sessions then
    sessions := withdraw_sessions(p_clinic_no, p_resource_id, p_from, p_to);
  end if;
  with failed as (
    update booking b
       set status = 'FAILED', hold_expires_at = null, version = b.version + 1,
           -- No earlier than its last event, which a server with another clock may have written.
           updated_at = greatest(v_now, b.updated_at),
           failure_reason = case when hold_lapsed(b.status, b.hold_expires_at, greatest(v_now, b.updated_at))
                                 then 'hold_expired' else 'slot_withdrawn' end
     where b.clinic_no = p_clinic_no and b.id = any (v_bookings) and b.id >= v_from
       and b.status in ('PENDING', 'CONFIRMED')
    returning b.id, b.version, b.updated_at, b.slot_id, b.resource_id, b.units, b.failure_reason,
              b.appointment_type, b.waitlist_entry_id,
              booking_digest(b.account_id, b.appointment_type, b.patient, b.reason, b.cancellation_reason) as digest
  ), logged as (
    insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, reason, actor_id,
                               booking_digest)
    select p_clinic_no, f.id, f.version, f.updated_at, 'failed', f.slot_id, f.resource_id, f.units, f.failure_reason,
           case when f.failure_reason = 'slot_withdrawn' then p_actor_id end, f.digest
      from failed f
  ), freed as (
    select f.slot_id, sum(f.units)::integer as units from failed f group by f.slot_id
  ), withdrawn as (
    update slot s
       set taken = s.taken - coalesce((select f.units from freed f where f.slot_id = s.id), 0), next_lapse = null,
           withdrawn_at = v_now,
           digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, v_now, s.blocked_at,
                                visit_of_slot(s))
     where s.clinic_no = p_clinic_no and s.id = any (v_slots)
    returning s.id, s.takes
  )
  select array_agg(f.id) filter (where f.appointment_type = 'case')
         || (select array_agg(w.id) from withdrawn w where w.takes is not null),
         array_agg(f.id) filter (where f.appointment_type = 'case' and f.failure_reason = 'slot_withdrawn'),
         array_agg(f.id) filter (where f.waitlist_entry_id is not null),
         array_agg(case f.failure_reason when 'hold_expired' then 'lapsed' else 'withdrawn' end)
           filter (where f.waitlist_entry_id is not null),
         array_agg(f.updated_at) filter (where f.waitlist_entry_id is not null)
    into v_released, v_lost_cases, v_offers, v_offer_outcomes, v_offer_ats
    from failed f;
  if v_released is not null then
    perform release_allocations(array_fill(p_clinic_no, array[cardinality(v_released)]), v_released);
  end if;
  if v_lost_cases is not null then
    perform return_to_waitlist(p_clinic_no, v_lost_cases,
                               -- A case that was held, and not confirmed, was not planned.
                               array(select case when statuses[array_position(booking_ids, c.id)] = 'CONFIRMED'
                                                 then new_id(p_clinic_no, v_now) end
                                       from unnest(v_lost_cases) with ordinality c(id, n) order by c.n),
                               null, p_actor_id, v_now);
  end if;
  if v_offers is not null then
    perform close_offers(array_fill(p_clinic_no, array[cardinality(v_offers)]), v_offers, v_offer_outcomes,
                         v_offer_ats);
  end if;
  perform note_late_events(array_fill(p_clinic_no, array[coalesce(cardinality(v_bookings), 0)]), v_bookings, v_now);
  tx := pg_current_xact_id();
  return next;
end
$function$;
