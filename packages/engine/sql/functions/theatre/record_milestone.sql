-- record_milestone: records when a case reached a milestone, changes that time, or removes it (p_at null). The status
-- follows: CONFIRMED without milestones, ARRIVED from the first, COMPLETED from out_of_room on. Nothing becomes
-- CONFIRMED in a withdrawn slot. From out_of_room on, the case takes what it has only as long as it needed it, and
-- gives the rest back, also of its minutes in the block (fit_allocations, fit_units). From in_room on, it is expected
-- to end its minutes later (expected_end).
--
-- p_is_trial: p_at may be in the future, where a plan is tried out. Else it may be 5 minutes ahead, as clocks differ.
-- p_is_forced: it may contradict what is recorded, because that may have been recorded late or not at all: without
-- in_room nobody leaves a room, while one patient is in it, no other one is, and no patient is in two rooms
-- (case_in_room). So may trials. The event of a change that would have been refused otherwise has forced: true.
-- p_at is not before earliest_milestone, and at most 24 hours after the later of the planned and the expected end: else
-- its day is a mistake.
-- at: for milestone_order, the time of the milestone (conflicting) that p_at would be before or after; for
--   room_occupied and patient_elsewhere, when the patient of the case (conflicting) came into the room; for too_early
--   and too_late, the first and the last time that p_at could be. conflicting of milestone_missing: what is, or would
--   be, missing.
-- Outcomes: done | unchanged (it is recorded so already, or under this key) | case_missing | hold_expired |
--   invalid_transition (the case is PENDING, CANCELLED, FAILED or a no-show) | milestone_order | too_early | too_late |
--   milestone_missing | room_occupied | patient_elsewhere | slot_closed:withdrawn | retry (it was moved meanwhile)
-- Locks: as lock_case; its slot is not withdrawn meanwhile.
-- Fails: 23514 for an unknown milestone; 55P03 after the connection's lock timeout. Idempotent: yes.
create or replace function holdfast.record_milestone(
  p_clinic_no integer, p_booking_id uuid, p_milestone text, p_at timestamptz, p_is_trial boolean, p_actor_id uuid,
  p_key uuid, p_is_forced boolean
) returns table (outcome text, conflicting text, at timestamptz, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
#variable_conflict use_column
declare
  c_order constant text[] :=
    array['arrived', 'in_room', 'anaesthesia_start', 'incision', 'closure', 'out_of_room', 'cleaned'];
  c_ahead_max constant interval := '5 minutes';
  c_after_end_max constant interval := '24 hours';
  v_now timestamptz;
  v_lock record;
  v_booking booking;
  v_withdrawn_at timestamptz;
  v_status text;
  v_is_fitted boolean; v_is_counted boolean;
  v_earliest timestamptz; v_latest timestamptz;
  v_may_contradict constant boolean := p_is_forced or p_is_trial;
  v_is_forced boolean; -- It would be refused without p_is_forced and p_is_trial.
  v_missing text;
  v_expected_ends_at timestamptz; -- Only if it changes.
  -- The other case whose patient is in the room at p_at, or by which the patient is in another one.
  v_inside_id uuid; v_inside_at timestamptz; v_is_elsewhere boolean;
begin
  v_lock := lock_case(p_clinic_no, p_booking_id, p_at);
  v_booking := v_lock.booking;
  v_now := v_lock.at;
  v_withdrawn_at := (select s.withdrawn_at from slot s
                      where s.clinic_no = p_clinic_no and s.id = v_booking.slot_id limit 1);
  -- The status without, or with, this milestone.
  select case when count(*) filter (where q.milestone in ('out_of_room', 'cleaned')) > 0 then 'COMPLETED'
              when count(*) > 0 then 'ARRIVED' else 'CONFIRMED' end
    into v_status
    from (select m.milestone from case_milestone m
           where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id and m.milestone <> p_milestone
          union all
          select p_milestone where p_at is not null) q;
  select earliest_milestone(c.starts_at),
         least(greatest(c.ends_at, c.expected_ends_at) + c_after_end_max,
               case when not p_is_trial then v_now + c_ahead_max end)
    into v_earliest, v_latest
    from theatre_case c where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id;
  select m.milestone, m.at into conflicting, at
    from case_milestone m
   where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id
     and (array_position(c_order, m.milestone) < array_position(c_order, p_milestone) and m.at > p_at
          or array_position(c_order, m.milestone) > array_position(c_order, p_milestone) and m.at < p_at)
   order by array_position(c_order, m.milestone)
   limit 1;
  v_missing := (
    select min(r.needed)
      from (values ('incision', 'in_room'), ('closure', 'in_room'), ('out_of_room', 'in_room'),
                   ('cleaned', 'out_of_room')) r(milestone, needed)
     where case when p_at is not null
                then r.milestone = p_milestone
                     and not exists (select from case_milestone m
                                      where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id
                                        and m.milestone = r.needed)
                else r.needed = p_milestone
                     and exists (select from case_milestone m
                                  where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id
                                    and m.milestone = r.milestone) end);
  select i.booking_id, i.at, i.is_elsewhere into v_inside_id, v_inside_at, v_is_elsewhere
    from case_in_room(p_clinic_no, p_booking_id, p_milestone, p_at, v_now) i;
  v_is_forced := v_missing is not null or v_inside_id is not null or p_at > v_now + c_ahead_max;
  outcome := case
    when v_booking.id is null or v_booking.erased_at is not null then 'case_missing'
    when v_booking.failure_reason = 'hold_expired'
      or hold_lapsed(v_booking.status, v_booking.hold_expires_at, greatest(v_now, v_booking.updated_at))
      then 'hold_expired'
    -- A repetition, whatever became of the case since.
    when is_repeated(p_clinic_no, p_booking_id, p_key, v_now) then 'unchanged'
    when v_booking.status not in ('CONFIRMED', 'ARRIVED', 'COMPLETED') then 'invalid_transition'
    when p_at is not distinct from (select m.at from case_milestone m
                                     where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id
                                       and m.milestone = p_milestone) then 'unchanged'
    when conflicting is not null then 'milestone_order'
    when p_at < v_earliest then 'too_early'
    when p_at > v_latest then 'too_late'
    when v_missing is not null and not v_may_contradict then 'milestone_missing'
    when v_inside_id is not null and not v_may_contradict
      then case when v_is_elsewhere then 'patient_elsewhere' else 'room_occupied' end
    when v_lock.is_moved then 'retry'
    when v_status = 'CONFIRMED' and v_booking.status <> 'CONFIRMED' and v_withdrawn_at is not null
      then 'slot_closed:withdrawn'
    else 'done' end;
  if outcome <> 'done' then
    at := case outcome when 'too_early' then v_earliest when 'too_late' then v_latest
                       when 'room_occupied' then v_inside_at when 'patient_elsewhere' then v_inside_at else at end;
    conflicting := case outcome when 'milestone_missing' then v_missing
                                when 'room_occupied' then v_inside_id::text
                                when 'patient_elsewhere' then v_inside_id::text else conflicting end;
    tx := (select l.tx from last_change(p_clinic_no, p_booking_id) l);
    return next;
    return;
  end if;

  if p_at is null then
    delete from case_milestone m
     where m.clinic_no = p_clinic_no and m.booking_id = p_booking_id and m.milestone = p_milestone;
  else
    insert into case_milestone (clinic_no, booking_id, milestone, at)
    values (p_clinic_no, p_booking_id, p_milestone, p_at)
    on conflict (clinic_no, booking_id, milestone) do update set at = excluded.at;
  end if;
  if p_milestone = 'in_room' then
    with ends as (select expected_end(c) as at from theatre_case c
                   where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id)
    update theatre_case c set expected_ends_at = e.at
      from ends e
     where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id and c.expected_ends_at <> e.at
    returning c.expected_ends_at into v_expected_ends_at;
  end if;
  v_is_fitted := fit_allocations(p_clinic_no, p_booking_id);
  -- Even if no allocation has changed: the block may have free minutes again.
  v_is_counted := fit_units(v_booking);
  select c.* into v_booking
    from change_bookings(array[p_clinic_no], array[p_booking_id], array[v_status], array[v_booking.failure_reason],
                         array[v_booking.hold_expires_at], null, null, null, null, null, null, null,
                         array[greatest(v_now, v_booking.updated_at)]) c;
  perform log_change(
    v_booking, 'milestone', p_actor_id, p_key, p_status_after => v_booking.status,
    p_case_details => jsonb_build_object('milestone', p_milestone, 'at', p_at)
      || case when v_is_fitted or v_is_counted
              then jsonb_build_object('allocations', allocations_of(p_clinic_no, p_booking_id)) else '{}' end
      || case when v_expected_ends_at is not null
              then jsonb_build_object('expectedEndsAt', v_expected_ends_at) else '{}' end
      || case when v_is_forced then '{"forced": true}'::jsonb else '{}' end);
  conflicting := null; at := null;
  tx := pg_current_xact_id();
  return next;
end
$function$;
