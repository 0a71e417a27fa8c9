-- slot_for_move: a slot in an open session to which a booking can be moved: of a visit that begins at p_starts_at, or
-- the one of its group. For the first half of a transaction whose second is move_bookings to slot_id; unless that moves
-- the booking, the transaction has to be rolled back. p_slot_id: the id of a new slot. p_visit_type_id: null: that of
-- the booking's slot. p_on_behalf: a member of the clinic moves it for the patient. The notice, the horizon and
-- bookable_by bind patients only; a patient whose booking is of the type may always keep it. The others are those of
-- move_bookings.
--
-- Of a request that holds nothing, it is called by take_requested_time: no time is the booking's own then.
--
-- A move to another visit type, or with p_answers (as of answered_patient; null: none are sent), is judged by
-- moved_patient: what is answered has to suffice. patient: what the booking says of its patient from then on; null: as
-- before. judged_version: the version of the booking that was judged so, which the move has to change; null: nothing
-- was judged.
--
-- Outcomes: null (slot_id is the slot) | booking_missing (also without access) | repeated (slot_id is the one that the
--   booking is in) | approval_required (of a patient, to a visit type that needs it) | those of claim_times for a
--   time | answer_refused:… (moved_patient) | retry (commit, and send it again: another session moved it meanwhile;
--   other rooms or devices would do since then; or holds at this time had lapsed, and were given back)
-- Locks: the doctor of the session, and the rooms and devices that would do, by (clinic_no, id); with p_known_by, as
--   lock_patients; then the slots of visits at this time, those that take these rooms and devices with lapsed holds,
--   and the one that the booking is in, by (clinic_no, id), and their lapsed holds.
-- Fails: 23P01 if the backstop found an overlap.
-- Idempotent: by key, for 24 hours.
create or replace function holdfast.slot_for_move(
  p_clinic_no integer, p_id uuid, p_session_id uuid, p_starts_at timestamptz, p_visit_type_id uuid, p_slot_id uuid,
  p_actor_id uuid, p_on_behalf boolean, p_key uuid, p_known_by text, p_access jsonb, p_answers jsonb,
  out outcome text, out slot_id uuid, out judged_version integer, out patient jsonb
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_session open_session;
  v_booking booking;
  v_from slot;
  v_visit offered_visit;
  v_during tstzrange;
  v_there slot[];
  v_is_active boolean;
  v_resource_ids uuid[];
  v_lapsed_by timestamptz;
  v_units units_of_visit;
begin
  -- 1. The locks, in the order of claim_times. A doctor's lock is that of everything which takes their time, and so is
  --    a room's.
  v_resource_ids := array(
    select s.resource_id from open_session s where s.clinic_no = p_clinic_no and s.id = p_session_id
    union all
    select u.resource_id
      from visit_units(p_clinic_no, coalesce(p_visit_type_id, (
             select s.visit_type_id
               from bookings_by_id(array[p_clinic_no], array[p_id]) b
               join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id))) u
     where u.resource_id is not null);
  perform lock_resources(p_clinic_no, v_resource_ids);
  select r.active into v_is_active
    from open_session s
    join resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
   where s.clinic_no = p_clinic_no and s.id = p_session_id;
  select * into v_session from open_session s where s.clinic_no = p_clinic_no and s.id = p_session_id;
  select * into v_booking from bookings_by_id(array[p_clinic_no], array[p_id]) b;
  if v_booking.id is null or not has_access(v_booking, p_access) then
    outcome := 'booking_missing';
    return;
  end if;
  if p_known_by is not null then
    perform lock_patients(array[p_clinic_no], array[
      case when sought_keys(p_known_by, v_booking.patient,
                            case p_known_by when 'account' then p_actor_id else v_booking.account_id end) is not null
           then fold_name(v_booking.patient->>'name') end]);
  end if;
  select * into v_from from slot s where s.clinic_no = p_clinic_no and s.id = v_booking.slot_id;
  select * into v_visit
    from visit_of_doctor(p_clinic_no, coalesce(p_visit_type_id, v_from.visit_type_id), v_session.resource_id);
  v_during := time_of_visit(v_visit, p_starts_at);
  v_lapsed_by := clock_timestamp();
  v_there := array(
    select q from (
          select s.* from slot s
           where s.clinic_no = p_clinic_no
             and (s.id = v_from.id
                  or s.id in (select t.id from slot t
                               where t.clinic_no = p_clinic_no and t.resource_id = v_session.resource_id
                                 and t.starts_at between p_starts_at - interval '29 hours'
                                                     and p_starts_at + interval '29 hours'
                                 and t.session_id is not null and t.withdrawn_at is null
                                 and time_of_slot(t) && v_during)
                  or s.id in (select t.id
                                from visit_units(p_clinic_no, v_visit.visit_type_id) u
                                join allocation a on a.clinic_no = p_clinic_no and a.resource_id = u.resource_id
                                                 and a.unit_no = u.unit_no and a.during && v_during
                                join slot t on t.clinic_no = p_clinic_no and t.id = a.booking_id
                                           and t.next_lapse <= v_lapsed_by))
           order by s.clinic_no, s.id
             for update) q);
  -- Whoever moves a booking locks its slot, so it stays in this one.
  select * into v_booking from bookings_by_id(array[p_clinic_no], array[p_id]) b;
  if v_booking.slot_id is distinct from v_from.id then
    outcome := 'retry';
    return;
  end if;
  v_now := clock_timestamp();
  if is_repeated(p_clinic_no, p_id, p_key, v_now) then
    outcome := 'repeated';
    slot_id := v_from.id;
    return;
  end if;
  if exists (select from unnest(v_there) s where s.taken > 0 and s.next_lapse <= v_now) then
    perform lapse_holds(array(select s.clinic_no from unnest(v_there) s where s.taken > 0 and s.next_lapse <= v_now),
                        array(select s.id from unnest(v_there) s where s.taken > 0 and s.next_lapse <= v_now), v_now);
    outcome := 'retry';
    return;
  end if;
  select s.* into v_from from unnest(v_there) s where s.id = v_from.id;

  -- 2. Decide, by the same rules as a claim.
  if v_visit.visit_type_id = v_from.visit_type_id then
    v_visit.bookable_by := 'anyone';
  end if;
  outcome := coalesce(
    -- A patient has to ask for what the clinic has to agree to; a hold does so when it is confirmed.
    case when v_booking.status <> 'PENDING'
              and (select needs_approval(t.approval, p_on_behalf) from visit_type t
                    where t.clinic_no = p_clinic_no and t.id = v_visit.visit_type_id)
         then 'approval_required' end,
    time_refusal(v_session, v_visit, v_is_active, p_starts_at, p_on_behalf,
                 v_visit.bookable_by = 'known_patients'
                 and (known_patients(array[p_clinic_no], array[v_booking.account_id]))[1], v_now),
    case when v_booking.appointment_type <> all (v_visit.appointment_types) then 'appointment_type_not_offered' end);
  -- move_bookings reports what refuses every move: no answers would help.
  if outcome is null and (p_answers is not null or v_visit.visit_type_id is distinct from v_from.visit_type_id)
     and unmovable_because(v_booking, v_from, p_on_behalf, greatest(v_now, v_booking.updated_at)) is null then
    judged_version := v_booking.version;
    select p.patient, p.refusal into patient, outcome
      from moved_patient(v_booking, v_visit.visit_type_id, p_answers, p_on_behalf, v_now) p;
  end if;
  if outcome is not null then
    return;
  end if;
  select s.id into slot_id from unnest(v_there) s
   where s.resource_id = v_session.resource_id and s.visit_type_id = v_visit.visit_type_id
     and s.starts_at = p_starts_at
     and case when v_booking.units > 0 and s.id = v_from.id then true
              else v_visit.capacity > 1 and s.taken > 0 and s.withdrawn_at is null end;
  if slot_id is not null then
    if (slot_id <> v_from.id or v_booking.units = 0) and group_is_closed(p_clinic_no, slot_id) then
      slot_id := null;
      outcome := 'slot_closed:doctor_busy';
    end if;
    return;
  end if;
  -- The booking leaves its slot, which takes no time then if nobody else is in it. Elsewhere, that is offered to those
  -- who wait for it (move_bookings).
  if v_from.session_id is not null and takes_time(v_from) and v_from.taken = v_booking.units
     and time_of_slot(v_from) && v_during then
    update slot s
       set withdrawn_at = v_now,
           digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, v_now, s.blocked_at,
                                visit_of_slot(s))
     where s.clinic_no = p_clinic_no and s.id = v_from.id;
    perform release_allocations(array[p_clinic_no], array[v_from.id]);
  end if;
  if taken_times(p_clinic_no, v_session.resource_id, lower(v_during), upper(v_during), v_now) && v_during then
    outcome := taken_because(p_clinic_no, v_session.resource_id, v_during);
    return;
  end if;
  if v_visit.needs_units then
    v_units := units_for_visit(p_clinic_no, v_visit.visit_type_id, v_during, v_lapsed_by);
  end if;
  if v_units.missing is not null then
    outcome := needs_taken(v_units.missing);
    return;
  elsif exists (select from jsonb_array_elements(v_units.takes) t(unit)
                 where (t.unit->>1)::uuid <> all (v_resource_ids)) then
    outcome := 'retry';
    return;
  end if;

  -- 3. The slot. Empty ones that are in the way are over.
  slot_id := p_slot_id;
  perform withdraw_empty_visits(p_clinic_no, v_session.resource_id, tstzmultirange(v_during), v_now);
  insert into slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, digest, session_id, visit_type_id,
                    buffer_before_minutes, buffer_after_minutes, takes)
  select n.clinic_no, n.id, n.resource_id, n.starts_at, n.ends_at, n.capacity,
         slot_digest(n.id, n.resource_id, n.starts_at, n.ends_at, n.capacity, null, null, visit_of_slot(n)),
         n.session_id, n.visit_type_id, n.buffer_before_minutes, n.buffer_after_minutes, n.takes
    from (select (p_clinic_no, slot_id, v_session.resource_id, p_starts_at,
                  p_starts_at + make_interval(mins => v_visit.minutes), v_visit.capacity, 0, null, null, v_now, null,
                  null, null, v_session.id, v_visit.visit_type_id, v_visit.buffer_before_minutes,
                  v_visit.buffer_after_minutes, v_units.takes)::slot as slot) q
   cross join lateral (select (q.slot).*) n;
  insert into allocation
  select a.* from slot s cross join lateral allocations_of_slot(s) a
   where s.clinic_no = p_clinic_no and s.id = slot_for_move.slot_id;
end
$function$;
