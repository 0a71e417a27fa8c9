-- move_booking: moves one booking, for move_bookings, which has locked both slots (p_locked_slot_ids) and the booking,
-- p_booking (null: it does not exist), and given back the lapsed holds. Returns the outcome, one of move_bookings', and
-- the booking as it is then. The slot is judged by claim_verdict, as for a claim, of the desk if p_on_behalf. p_name:
-- of the patient, as lock_patients has locked it, with p_known_by. p_adds_places: the slot entered gets the places that
-- are missing, once nothing else refuses the move; added: how many it got; null: a move that was made under this key
-- may have added some. p_is_judged: as in move_bookings. p_patient: of the booking from then on; null: as before.
--
-- Internal: the application's role may not execute it.
-- Locks: none.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes; a booking that is in the slot already returns unchanged, and so does a move that was made under this
--   key, wherever the booking has been moved since (see is_repeated).
create or replace function holdfast.move_booking(
  p_booking holdfast.booking, p_slot_id uuid, p_actor_id uuid, p_on_behalf boolean, p_locked_slot_ids uuid[],
  p_now timestamptz, p_key uuid, p_known_by text, p_name text, p_adds_places boolean, p_access jsonb,
  p_is_judged boolean, p_patient jsonb, out outcome text, out booking holdfast.booking, out added integer
)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_at timestamptz;
  v_from slot;
  v_to slot;
  v_clinic clinic;
  v_resource resource;
  v_verdict text;
  v_account_id uuid;
  v_refusal text;
begin
  booking := p_booking;
  added := 0;
  if p_booking.id is null or not has_access(p_booking, p_access) then
    outcome := 'booking_missing';
    return;
  end if;
  -- Read again under the lock: the slot it is in now may not be the one that was locked for it.
  if p_booking.slot_id <> all (p_locked_slot_ids) then
    outcome := 'retry';
    return;
  end if;
  -- No earlier than its last event, which a server with another clock may have written.
  v_at := greatest(p_now, p_booking.updated_at);
  select * into v_from from slot where clinic_no = p_booking.clinic_no and id = p_booking.slot_id;
  v_refusal := unmovable_because(p_booking, v_from, p_on_behalf, v_at);
  if v_refusal in ('booking_erased', 'hold_expired') then
    outcome := v_refusal;
    return;
  -- A booking at its first version has never been moved.
  elsif p_booking.version > 1 and is_repeated(p_booking.clinic_no, p_booking.id, p_key, p_now) then
    outcome := 'unchanged';
    added := null;
    return;
  elsif p_booking.slot_id = p_slot_id and v_refusal is distinct from 'invalid_transition' then
    outcome := 'unchanged';
    return;
  elsif v_refusal is not null then
    outcome := v_refusal;
    return;
  end if;

  select * into v_clinic from clinic where no = p_booking.clinic_no;
  select * into v_to from slot where clinic_no = p_booking.clinic_no and id = p_slot_id;
  select * into v_resource from resource where clinic_no = p_booking.clinic_no and id = v_to.resource_id;
  -- What lapsed holds give back is used first, unless it is offered to those who wait.
  if p_adds_places and v_to.taken + p_booking.units between v_to.capacity + 1 and slot_units_max()
     and (v_to.next_lapse <= p_now) is not true then
    added := v_to.taken + p_booking.units - v_to.capacity;
    v_to.capacity := v_to.capacity + added;
  end if;
  v_verdict := claim_verdict(
    p_now, null, null, null, v_to.id, v_to.withdrawn_at, v_to.blocked_at, v_to.starts_at, v_to.ends_at, p_on_behalf,
    case when p_is_judged or v_to.session_id is null then v_resource.kind else 'visit' end, v_resource.active,
    case when not p_is_judged then make_interval(mins => v_clinic.minimum_notice_minutes) end,
    case when not p_is_judged then make_interval(days => v_clinic.booking_horizon_days) end,
    p_booking.appointment_type, v_resource.appointment_types, p_booking.units,
    -- A hold that has lapsed is given back by the next call, which adds the places.
    case when p_adds_places and v_to.next_lapse <= p_now then slot_units_max() else v_to.capacity end, v_to.taken,
    v_to.next_lapse);
  if v_verdict is not null then
    outcome := v_verdict;
    return;
  -- A visit of a type has a slot of its length.
  elsif v_from.visit_type_id is not null and v_to.visit_type_id is null
        and v_to.ends_at - v_to.starts_at < v_from.ends_at - v_from.starts_at then
    outcome := 'time_not_offered';
    return;
  elsif v_to.taken + p_booking.units > v_to.capacity then
    -- No verdict, because more lapsed holds are left to give back.
    outcome := 'retry';
    return;
  end if;
  v_account_id := case p_known_by when 'account' then p_actor_id else p_booking.account_id end;
  if sought_keys(p_known_by, p_booking.patient, v_account_id) is not null then
    v_refusal := case when fold_name(p_booking.patient->>'name') is distinct from p_name then 'retry'
                      -- The name is locked.
                      else (visits_at_once(array[p_booking.clinic_no], array[p_slot_id], array[p_known_by],
                                           array[p_booking.patient], array[v_account_id], array[p_booking.id]))[1] end;
    if v_refusal is not null then
      outcome := v_refusal;
      return;
    end if;
  end if;

  if added > 0 then
    perform give_capacity(p_booking.clinic_no, p_slot_id, v_to.capacity);
  end if;
  update slot
     set taken = taken + p_booking.units, next_lapse = least(next_lapse, p_booking.hold_expires_at),
         oldest_booking_at = oldest_booking_of(oldest_booking_at, created_at, p_booking.created_at)
   where clinic_no = p_booking.clinic_no and id = p_slot_id;
  update slot set taken = taken - p_booking.units where clinic_no = p_booking.clinic_no and id = p_booking.slot_id;
  if v_from.takes is not null and v_from.taken = p_booking.units then
    perform release_allocations(array[p_booking.clinic_no], array[p_booking.slot_id]);
  end if;
  select c.* into booking
    from change_bookings(array[p_booking.clinic_no], array[p_booking.id], array[p_booking.status],
                         array[p_booking.failure_reason], array[p_booking.hold_expires_at], null, null,
                         case when p_patient is not null then array[p_patient] end, null, null, array[p_slot_id],
                         array[v_to.resource_id], array[v_at]) c;
  insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, hold_expires_at,
                             from_slot_id, actor_id, request_key, booking_digest)
  values (p_booking.clinic_no, p_booking.id, booking.version, v_at, 'moved', p_slot_id, v_to.resource_id,
          p_booking.units, p_booking.hold_expires_at, p_booking.slot_id, p_actor_id, p_key,
          booking_digest(booking.account_id, booking.appointment_type, booking.patient, booking.reason,
                         booking.cancellation_reason));
  outcome := 'done';
end
$function$;
