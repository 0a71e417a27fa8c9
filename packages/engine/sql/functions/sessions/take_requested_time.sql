-- take_requested_time: gives a request that holds nothing its time: a slot in a session that is open then
-- (slot_for_move), or in its group's slot, with the request's unit. For the first half of a transaction whose second is
-- settle_bookings, by which the clinic confirms it; unless that does, the transaction has to be rolled back. The others
-- for this time (rival_requests) become CANCELLED `time_taken`, each with its event.
-- p_slot_id: the id of a new slot. The other parameters are those of slot_for_move.
--
-- Outcomes: null (it has its time; or it is no such request any more, as settle_bookings then says) | those of
--   slot_for_move. slot_full: also if its group has no unit left.
-- Locks: as slot_for_move; then all these bookings, by id.
-- Fails: as slot_for_move.
-- Idempotent: yes; a request that was approved is none any more.
create or replace function holdfast.take_requested_time(
  p_clinic_no integer, p_id uuid, p_slot_id uuid, p_actor_id uuid, p_known_by text, p_access jsonb
) returns text
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $function$
declare
  v_booking booking;
  v_asked slot;
  v_slot slot;
  v_found record;
  v_closed text;
  v_rival_ids uuid[];
  v_bookings booking[];
  v_now timestamptz;
begin
  select * into v_booking from bookings_by_id(array[p_clinic_no], array[p_id]) b;
  if v_booking.id is null or v_booking.status <> 'PENDING' or v_booking.units > 0 then
    return null;
  end if;
  select * into v_asked from slot s where s.clinic_no = p_clinic_no and s.id = v_booking.slot_id;
  -- Its session may have been replaced, such as by other working hours.
  v_found := slot_for_move(
    p_clinic_no, p_id, coalesce((
      select s.id from open_session s
       where s.clinic_no = p_clinic_no and s.resource_id = v_asked.resource_id and s.withdrawn_at is null
         and s.starts_at > v_asked.starts_at - interval '29 hours' and s.starts_at <= v_asked.starts_at
         and tstzrange(s.starts_at, s.ends_at) @> time_of_slot(v_asked)
       limit 1), v_asked.session_id),
    v_asked.starts_at, v_asked.visit_type_id, p_slot_id, p_actor_id, true, null, p_known_by, p_access, null);
  -- Its slot is locked now. Another approval, which had the locks before, may have approved or ended this request.
  select * into v_booking from bookings_by_id(array[p_clinic_no], array[p_id]) b;
  if v_booking.status <> 'PENDING' or v_booking.units > 0 then
    return null;
  elsif v_found.slot_id is null then
    return v_found.outcome;
  end if;
  select * into v_slot from slot s where s.clinic_no = p_clinic_no and s.id = v_found.slot_id;
  v_closed := claim_closed(v_slot.withdrawn_at, v_slot.starts_at, v_slot.ends_at, true, v_slot.blocked_at,
                           clock_timestamp());
  if v_closed is not null or v_slot.taken >= v_slot.capacity then
    return coalesce(v_closed, 'slot_full');
  end if;

  v_rival_ids := rival_requests(p_clinic_no, p_id, v_slot.id);
  v_bookings := lock_bookings(array_fill(p_clinic_no, array[cardinality(v_rival_ids) + 1]), p_id || v_rival_ids);
  v_now := clock_timestamp();
  select b.* into v_booking from unnest(v_bookings) b where b.id = p_id;
  if v_booking.status <> 'PENDING' or v_booking.units > 0
     or hold_lapsed(v_booking.status, v_booking.hold_expires_at, v_now) then
    return null;
  end if;
  update slot
     set taken = taken + 1, oldest_booking_at = oldest_booking_of(oldest_booking_at, created_at, v_booking.created_at)
   where clinic_no = p_clinic_no and id = v_slot.id;
  update booking b set slot_id = v_slot.id, resource_id = v_slot.resource_id, units = 1
   where b.clinic_no = p_clinic_no and b.id = p_id and b.id >= recent_ids();
  with rival as (
    select array_agg(b.clinic_no) as clinic_nos, array_agg(b.id) as ids, array_agg('CANCELLED'::text) as statuses,
           array_agg('time_taken'::text) as reasons, array_agg(greatest(v_now, b.updated_at)) as ats
      from unnest(v_bookings) b
     where b.id <> p_id and b.status = 'PENDING' and b.units = 0
       and not hold_lapsed(b.status, b.hold_expires_at, v_now)
  )
  insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, reason, actor_id,
                             booking_digest)
  select c.clinic_no, c.id, c.version, c.updated_at, 'cancelled', c.slot_id, c.resource_id, c.units, c.failure_reason,
         p_actor_id,
         booking_digest(c.account_id, c.appointment_type, c.patient, c.reason, c.cancellation_reason)
    from rival r
   cross join lateral change_bookings(r.clinic_nos, r.ids, r.statuses, r.reasons, null, null, null, null, null, null,
                                      null, null, r.ats) c;
  return null;
end
$function$;
