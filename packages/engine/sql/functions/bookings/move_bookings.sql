-- move_bookings: moves each booking to another slot of its clinic: its units leave one slot and enter the other in one
-- step, so no count is ever wrong, and the booking keeps its slot when the other has no room. In the order of the
-- arrays. Returns one row per element, by its place `ord`, with the booking as it is afterwards, the capacity of the
-- slot wanted and, for done, the transaction that moved it and the two slots as this move left them. For unchanged: tx,
-- the last transaction that changed the booking, and its slot before its last move.
--
-- p_keys: the keys of the requests, stored with their events.
-- p_access: the access of the callers, as has_access.
-- p_is_judged: the slots are of visits in open sessions, which slot_for_move has judged by their sessions, types and
-- rules. Holds that have lapsed since then stay.
-- p_patients: what the bookings say of their patients from then on, as slot_for_move has found it; null: as before.
-- p_known_by: how the patient is known whose appointments at the same time refuse the move, as sought_keys; null: none
-- do.
-- p_adds_places: for the clinic's desk: where no room is left, the slot entered gets the places that are missing, for
-- this booking, before any is offered to those who wait. It keeps them. null: none does. added: how many places it got;
-- null: a move that was made under its key may have added some.
--
-- available, lapses_in_ms: as announced_units, of the slot entered; from_…: the same of the slot left. snapshot: taken
-- under the slots' locks.
--
-- Outcomes: done | unchanged (it is in that slot already) | booking_missing (also without access) | booking_erased |
--   slot_missing | slot_full | slot_closed:<why> | units_over_capacity | appointment_type_not_offered |
--   time_not_offered (a fixed slot that is shorter than the visit of a type) | hold_expired |
--   offer_open (an offer of the waitlist, which is accepted first) |
--   approval_required (a request that the clinic has not answered) | invalid_transition | past_deadline |
--   patient_booked:<the other booking's id> | retry (send it again: another session moved it meanwhile, or, with
--   p_known_by, gave its patient another name; or more lapsed holds are left on the slot than one call gives back)
-- Locks: as lock_patients, with p_known_by; then all slots left or entered, by (clinic_no, id); then, in one run, the
--   bookings moved and the lapsed holds on the slots entered, by id. In two runs, a batch of confirmations between them
--   would deadlock. A hold that lapses during the run is left to the next call. Then as lock_waitlists.
-- Fails: 22023 for arrays of different lengths; check_violation if a count of units were wrong.
-- Idempotent: yes; a booking that is in the slot already returns unchanged, and so does a move made under its key.
create or replace function holdfast.move_bookings(
  p_clinic_nos integer[], p_ids uuid[], p_slot_ids uuid[], p_actor_ids uuid[], p_on_behalf boolean[],
  p_keys uuid[] default null, p_known_by text[] default null, p_adds_places boolean[] default null,
  p_access jsonb[] default null, p_is_judged boolean default false, p_patients jsonb[] default null
) returns table (
  ord integer, outcome text, tx xid8, id uuid, clinic_no integer, clinic_id uuid, resource_id uuid, slot_id uuid,
  status text, failure_reason text, units integer, starts_at timestamptz, ends_at timestamptz,
  hold_expires_at timestamptz, extended boolean, account_id uuid, appointment_type text, patient jsonb, reason text,
  cancellation_reason text, version integer, created_at timestamptz, updated_at timestamptz, erased_at timestamptz,
  attendance_confirmed_at timestamptz, visit_type_id uuid, session_id uuid,
  requested_at timestamptz, capacity integer, available integer,
  lapses_in_ms float8, from_slot_id uuid, from_resource_id uuid, from_starts_at timestamptz, from_available integer,
  from_lapses_in_ms float8, snapshot pg_snapshot, added integer
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_left_clinic_nos integer[]; v_left_slot_ids uuid[]; v_locked_slot_ids uuid[];
  v_lapsed_clinic_nos integer[]; v_lapsed_slot_ids uuid[];
  v_booking_clinic_nos integer[]; v_booking_ids uuid[]; v_booking_ats timestamptz[];
  v_from uuid;
  v_bookings booking[];
  v_booking booking;
  v_place integer;
  v_locked_at timestamptz;
  v_item record;
  v_moved record;
  v_outcome text;
  v_from_slot_id uuid;
  v_tx xid8;
  v_is_awaited boolean;
  -- of offer_places
  v_judged_for text; v_passed_ids uuid[] := '{}'; v_free slot[];
  -- of the patients whose appointments are looked up
  v_names text[];
begin
  if cardinality(p_ids) not between 1 and 1000
     or array[cardinality(p_clinic_nos), cardinality(p_slot_ids), cardinality(p_actor_ids), cardinality(p_on_behalf),
              coalesce(cardinality(p_known_by), cardinality(p_ids)),
              coalesce(cardinality(p_adds_places), cardinality(p_ids)),
              coalesce(cardinality(p_access), cardinality(p_ids)),
              coalesce(cardinality(p_patients), cardinality(p_ids))]
        <> array_fill(cardinality(p_ids), array[8]) then
    raise exception 'moves come as arrays of the same length, 1 to 1000' using errcode = 'invalid_parameter_value';
  end if;
  if p_known_by is not null then
    v_names := array(
      select case when sought_keys(p_known_by[i.n], b.patient, case p_known_by[i.n] when 'account' then p_actor_ids[i.n]
                                                                  else b.account_id end) is not null
                  then fold_name(b.patient->>'name') end
        from generate_subscripts(p_ids, 1) i(n)
        left join bookings_by_id(p_clinic_nos, p_ids) b on b.clinic_no = p_clinic_nos[i.n] and b.id = p_ids[i.n]
       order by i.n);
    perform lock_patients(p_clinic_nos, v_names);
  end if;
  select array_agg(b.clinic_no), array_agg(b.slot_id) into v_left_clinic_nos, v_left_slot_ids
    from bookings_by_id(p_clinic_nos, p_ids) b;
  select array_agg(q.id) into v_locked_slot_ids
    from (select s.id
            from slot s
           where (s.clinic_no, s.id) in (select u.clinic_no, u.slot_id
                                           from unnest(p_clinic_nos || v_left_clinic_nos,
                                                       p_slot_ids || v_left_slot_ids) u(clinic_no, slot_id))
           order by s.clinic_no, s.id
             for update) q;
  v_now := clock_timestamp();

  select array_agg(s.clinic_no), array_agg(s.id), oldest_hold_id(min(s.next_lapse))
    into v_lapsed_clinic_nos, v_lapsed_slot_ids, v_from
    from (select distinct i.clinic_no, i.slot_id from unnest(p_clinic_nos, p_slot_ids) i(clinic_no, slot_id)) i
   cross join lateral (select t.clinic_no, t.id, t.next_lapse from slot t
                        where t.clinic_no = i.clinic_no and t.id = i.slot_id limit 1) s
   -- Holds that lapse after slot_for_move has judged stay: without them, a group's slot would lose its room.
   where s.next_lapse <= v_now and not p_is_judged;
  if v_lapsed_slot_ids is not null then
    select l.clinic_nos, l.ids into v_booking_clinic_nos, v_booking_ids
      from lapsed_holds(v_lapsed_clinic_nos, v_lapsed_slot_ids, v_from, v_now) l;
  end if;
  v_bookings := lock_bookings(p_clinic_nos || v_booking_clinic_nos, p_ids || v_booking_ids);
  v_is_awaited := lock_waitlists(p_clinic_nos);
  v_locked_at := clock_timestamp();
  if v_lapsed_slot_ids is not null then
    -- The bookings are read under the lock: a hold confirmed in time stays confirmed.
    select array_agg(b.clinic_no), array_agg(b.id), array_agg(greatest(v_locked_at, b.updated_at))
      into v_booking_clinic_nos, v_booking_ids, v_booking_ats
      from unnest(v_bookings) b
     where b.id = any (v_booking_ids) and hold_lapsed(b.status, b.hold_expires_at, v_now);
    perform fail_holds(v_booking_clinic_nos, v_booking_ids, v_booking_ats, v_lapsed_clinic_nos, v_lapsed_slot_ids,
                       v_from);
    select array_agg(b) into v_bookings from bookings_by_id(p_clinic_nos, p_ids) b;
  end if;
  v_now := v_locked_at;
  v_booking_ids := array(select b.id from unnest(v_bookings) with ordinality b order by b.ordinality);

  for v_item in
    select i.*
      from unnest(p_clinic_nos, p_ids, p_slot_ids, p_actor_ids, p_on_behalf, p_keys, p_known_by, p_adds_places,
                  p_access, p_patients)
           with ordinality
           i(clinic_no, id, slot_id, actor_id, on_behalf, key, known_by, adds_places, access, patient, n)
     order by i.n
  loop
    v_place := array_position(v_booking_ids, v_item.id);
    v_booking := v_bookings[v_place];
    v_from_slot_id := v_booking.slot_id;
    v_moved := move_booking(v_booking, v_item.slot_id, v_item.actor_id, v_item.on_behalf, v_locked_slot_ids, v_now,
                            v_item.key, v_item.known_by, v_names[v_item.n], v_item.adds_places, v_item.access,
                            p_is_judged, v_item.patient);
    v_outcome := v_moved.outcome;
    v_booking := v_moved.booking;
    -- Before the next move, which could take the units.
    if v_outcome = 'done' and v_is_awaited then
      -- Who could book a place of this specialization, or of one of its doctors, is judged again: it may be taken now.
      if exists (select from resource r where r.clinic_no = v_item.clinic_no and r.id = v_booking.resource_id
                                          and r.clinic_no || ' ' || r.specialization = v_judged_for) then
        v_passed_ids := '{}';
      -- So is who could book the slot that the booking left: its free places are now offered, too.
      elsif cardinality(v_passed_ids) > 0
            and exists (select from slot s where s.clinic_no = v_item.clinic_no and s.id = v_from_slot_id
                                             and s.capacity - s.taken > v_booking.units) then
        v_passed_ids := '{}';
      end if;
      v_free := with_free_places(v_free, v_judged_for, v_item.clinic_no, v_item.slot_id);
      select o.* into v_judged_for, v_passed_ids, v_free
        from offer_places(array[v_item.clinic_no], array[v_from_slot_id], v_judged_for, v_passed_ids, v_free) o;
      -- What nobody was offered can be booked.
      v_free := with_free_places(v_free, v_judged_for, v_item.clinic_no, v_from_slot_id);
    end if;
    if v_place is not null then
      v_bookings[v_place] := v_booking;
    end if;
    if v_outcome = 'unchanged' then
      select l.tx, l.from_slot_id into v_tx, v_from_slot_id from last_change(v_item.clinic_no, v_item.id) l;
    else
      v_tx := case when v_outcome = 'done' then pg_current_xact_id() end;
    end if;
    return query
    select v_item.n::integer, v_outcome, v_tx, e.*, t.capacity,
           t.capacity - t.taken, date_part('epoch', t.next_lapse - v_now) * 1000, f.id, f.resource_id, f.starts_at,
           a.available, a.lapses_in_ms, pg_current_snapshot(), v_moved.added
      from (select) one
      left join unnest(array[v_booking]) b on b.id = v_item.id
      left join slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      left join slot t on t.clinic_no = v_item.clinic_no and t.id = v_item.slot_id
      left join slot f on f.clinic_no = v_item.clinic_no and f.id = v_from_slot_id
     cross join lateral announced_units(f.withdrawn_at, f.blocked_at, f.capacity, f.taken, f.next_lapse, v_now) a
      left join clinic c on c.no = v_item.clinic_no
     cross join lateral with_effective_status(b, s.starts_at, s.ends_at, s.visit_type_id, s.session_id, c.id,
                                             greatest(v_now, b.updated_at)) e;
  end loop;
  if late_ids(v_now) > any (p_ids) then
    perform note_late_events(p_clinic_nos, p_ids, v_now);
  end if;
end
$function$;
