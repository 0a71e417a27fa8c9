-- slot_for_move: a slot in an open session to which a booking can be moved: of a visit that begins at p_starts_at, or
-- the one of its group. For the first half of a transaction whose second is move_bookings to slot_id; unless that moves
-- the booking, the transaction has to be rolled back. p_slot_id: the id of a new slot. p_visit_type_id: null: that of
-- the booking's slot. p_on_behalf: a member of the clinic moves it for the patient, for whom alone the notice, the
-- horizon and who may book bind; a patient whose booking is of the type may always keep it. The others are those of
-- move_bookings.
--
-- Outcomes: null (slot_id is the slot) | booking_missing (also without access) | repeated (slot_id is the one that the
--   booking is in) | those of claim_times for a time | retry (commit, and send it again: another session moved it
--   meanwhile; or holds at this time had lapsed, and were given back)
-- Locks: the doctor of the session; with p_known_by, as lock_patients; then the slots of visits at this time and the
--   one that the booking is in, by (clinic_no, id), and their lapsed holds.
-- Fails: 23P01 if the backstop found an overlap.
-- Idempotent: by key, for 24 hours.
create or replace function holdfast.slot_for_move(
  p_clinic_no integer, p_id uuid, p_session_id uuid, p_starts_at timestamptz, p_visit_type_id uuid, p_slot_id uuid,
  p_actor_id uuid, p_on_behalf boolean, p_key uuid, p_known_by text, p_access jsonb, out outcome text, out slot_id uuid
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
begin
  -- 1. The locks, in the order of claim_times. A doctor's lock is that of everything which takes their time.
  select r.active into v_is_active
    from resource r
   where r.clinic_no = p_clinic_no
     and r.id = (select s.resource_id from open_session s where s.clinic_no = p_clinic_no and s.id = p_session_id)
     for no key update;
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
                                 and time_of_slot(t) && v_during))
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
    time_refusal(v_session, v_visit, v_is_active, p_starts_at, p_on_behalf,
                 v_visit.bookable_by = 'known_patients'
                 and (known_patients(array[p_clinic_no], array[v_booking.account_id]))[1], v_now),
    case when v_booking.appointment_type <> all (v_visit.appointment_types) then 'appointment_type_not_offered' end);
  if outcome is not null then
    return;
  end if;
  select s.id into slot_id from unnest(v_there) s
   where s.resource_id = v_session.resource_id and s.visit_type_id = v_visit.visit_type_id
     and s.starts_at = p_starts_at and (s.taken > 0 or s.id = v_from.id)
     and (v_visit.capacity > 1 or s.id = v_from.id);
  if slot_id is not null then
    return;
  end if;
  -- The booking leaves its slot, which takes no time then if nobody else is in it.
  if v_from.session_id is not null and v_from.taken = v_booking.units then
    update slot s
       set withdrawn_at = v_now,
           digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, v_now, s.blocked_at,
                                visit_of_slot(s))
     where s.clinic_no = p_clinic_no and s.id = v_from.id;
  end if;
  if taken_times(p_clinic_no, v_session.resource_id, lower(v_during), upper(v_during), v_now) && v_during then
    outcome := taken_because(p_clinic_no, v_session.resource_id, v_during);
    return;
  end if;

  -- 3. The slot. Empty ones that are in the way are over.
  slot_id := p_slot_id;
  perform withdraw_empty_visits(p_clinic_no, v_session.resource_id, tstzmultirange(v_during), v_now);
  insert into slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, digest, session_id, visit_type_id,
                    buffer_before_minutes, buffer_after_minutes)
  select n.clinic_no, n.id, n.resource_id, n.starts_at, n.ends_at, n.capacity,
         slot_digest(n.id, n.resource_id, n.starts_at, n.ends_at, n.capacity, null, null, visit_of_slot(n)),
         n.session_id, n.visit_type_id, n.buffer_before_minutes, n.buffer_after_minutes
    from (select (p_clinic_no, slot_id, v_session.resource_id, p_starts_at,
                  p_starts_at + make_interval(mins => v_visit.minutes), v_visit.capacity, 0, null, null, v_now, null,
                  null, null, v_session.id, v_visit.visit_type_id, v_visit.buffer_before_minutes,
                  v_visit.buffer_after_minutes)::slot as slot) q
   cross join lateral (select (q.slot).*) n;
end
$function$;
