-- offer_places: offers the free units of slots to those who wait for them, as long as there is somebody: for each offer
-- a PENDING booking with its event, counted in the slot. Every path that gives back units or adds a slot calls it, in
-- the same transaction and while it has locked the slots, so that nobody else sees these units.
--
-- Slots of the past, withdrawn and blocked ones and those of inactive doctors are not offered, nor those that begin
-- too soon (offer_until). What only members of the clinic can book (desk_only_times) is offered only to entries that
-- one of them has added. Nothing is offered to a patient who can book another place (place_elsewhere), nor in quiet
-- hours to one who gets no message about it (channels_at_night).
--
-- The slot of a visit in an open session is offered as it is to those who wait for its type, if a claim could book such
-- a visit then (place_offered_to). The caller passes the slot of a visit only if its time is not free for others: the
-- slot is not empty, or was emptied in this transaction. So the doctor's lock is not needed.
--
-- An offer counts within the limits of docs/decisions/0010 as a hold of the one who joined: it gets the origins of its
-- entry. Entries that a member of the clinic has added have none, like bookings that members make.
--
-- p_judged_for, p_passed_ids, p_free: for several calls of one transaction: the clinic and specialization whose entries
-- were judged last, and what was found for them, as in first_waiting.
--
-- Internal: the application's role may not execute it.
-- Locks: as lock_waitlists; then the entries. The caller has locked the slots.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes; a second call finds nobody.
create or replace function holdfast.offer_places(
  p_clinic_nos integer[], p_slot_ids uuid[], inout p_judged_for text default null,
  inout p_passed_ids uuid[] default '{}', inout p_free holdfast.slot[] default null
)
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
set jit = off
as $function$
declare
  v_now timestamptz;
  v_slot record;
  v_free integer;
  v_channels text[];
  v_free_of_doctor slot[];
  v_resource_id uuid;
  -- of all doctors for whom they were read, and these doctors
  v_free_of_doctors slot[] := '{}'; v_read_ids uuid[] := '{}';
  v_clinic_no integer;
  v_judged_for text;
  v_visit_type_id uuid;
  v_entry_id uuid;
  v_booking_id uuid;
  v_entry waitlist_entry;
  -- the bookings of the slot, with those of the offers
  v_there booking[];
  v_booking booking;
begin
  if not lock_waitlists(p_clinic_nos) then
    return;
  end if;
  v_now := clock_timestamp();
  if p_free is not null then
    p_free := array(select f from unnest(p_free) f where f.id <> all (p_slot_ids));
  end if;
  for v_slot in
    select s.clinic_no, s.id, s.resource_id, s.starts_at, s.capacity - s.taken as free, r.specialization,
           d.is_of_desk, s.visit_type_id, s as whole,
           coalesce(d.appointment_type, r.appointment_types[1]) as appointment_type,
           s.starts_at at time zone c.timezone as local,
           (v_now at time zone c.timezone)::date as today,
           offer_until(v_now, s.starts_at, c.waitlist_offer_minutes,
                       greatest(c.waitlist_notice_minutes,
                                case when not d.is_of_desk then d.notice_minutes end),
                       quiet_until(c.no, v_now)) as until
      from (select distinct u.clinic_no, u.slot_id from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id)) u
      join slot s on s.clinic_no = u.clinic_no and s.id = u.slot_id
      join resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
      join clinic c on c.no = s.clinic_no
     cross join lateral place_offered_to(s, c, v_now) d
     where s.withdrawn_at is null and s.blocked_at is null and s.taken < s.capacity
       and s.starts_at > v_now
       and r.kind = 'doctor' and r.active
     -- Sorted by specialization, and by visit type: what is free of one is read once.
     order by s.clinic_no, r.specialization, s.visit_type_id nulls first, s.starts_at, s.id
  loop
    v_free := v_slot.free;
    v_visit_type_id := v_slot.visit_type_id;
    if v_slot.clinic_no is distinct from v_clinic_no then
      v_clinic_no := v_slot.clinic_no;
      v_channels := channels_at_night(v_clinic_no, v_now);
    end if;
    v_judged_for := v_slot.clinic_no || ' ' || v_slot.specialization || coalesce(' ' || v_slot.visit_type_id, '');
    if v_judged_for is distinct from p_judged_for then
      p_judged_for := v_judged_for;
      v_resource_id := null; v_free_of_doctors := '{}'; v_read_ids := '{}';
      p_passed_ids := '{}';
      p_free := null;
    end if;
    if v_slot.resource_id is distinct from v_resource_id then
      v_resource_id := v_slot.resource_id;
      v_free_of_doctor := case when v_resource_id = any (v_read_ids) then array(
        select f from unnest(v_free_of_doctors) f where f.resource_id = v_resource_id) end;
    end if;
    v_there := case when v_slot.until is not null then bookings_in_slot(v_slot.clinic_no, v_slot.id) end;
    while v_free > 0 and v_slot.until is not null loop
      select w.entry_id, w.p_passed_ids, w.p_free_of_doctor, w.p_free
        into v_entry_id, p_passed_ids, v_free_of_doctor, p_free
        from first_waiting(v_slot.clinic_no, v_slot.id, v_slot.resource_id, v_slot.specialization, v_slot.local, v_free,
                           v_slot.visit_type_id, v_slot.is_of_desk, v_there, p_slot_ids, v_channels, v_now,
                           p_passed_ids, v_free_of_doctor, p_free) w;
      if v_free_of_doctor is not null and v_resource_id <> all (v_read_ids) then
        v_read_ids := v_read_ids || v_resource_id;
        v_free_of_doctors := v_free_of_doctors || v_free_of_doctor;
      end if;
      exit when v_entry_id is null;
      v_booking_id := new_id(v_slot.clinic_no, v_now);
      update waitlist_entry e set offer_id = v_booking_id
       where e.clinic_no = v_slot.clinic_no and e.id = v_entry_id and e.ended_at is null and e.offer_id is null
      returning e.* into v_entry;
      -- Not found: the person has just left.
      continue when not found;
      insert into booking (clinic_no, id, slot_id, resource_id, units, status, hold_expires_at, account_id,
                           appointment_type, patient, created_at, updated_at, waitlist_entry_id)
      values (v_slot.clinic_no, v_booking_id, v_slot.id, v_slot.resource_id, v_entry.units, 'PENDING', v_slot.until,
              v_entry.account_id, v_slot.appointment_type, v_entry.patient, v_now, v_now, v_entry.id)
      returning * into v_booking;
      v_there := v_there || v_booking;
      insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
                                 hold_expires_at, actor_id, booking_digest, waitlist_entry_id)
      values (v_slot.clinic_no, v_booking_id, 1, v_now, 'offered', v_slot.id, v_slot.resource_id, v_entry.units,
              v_slot.until, v_entry.account_id,
              booking_digest(v_entry.account_id, v_slot.appointment_type, v_entry.patient, null, null), v_entry.id);
      insert into waitlist_offer (clinic_no, entry_id, slot_id, booking_id, offered_at, ends_at, position)
      values (v_slot.clinic_no, v_entry.id, v_slot.id, v_booking_id, v_now, v_slot.until,
              1 + waiting_before(v_entry, v_slot.resource_id, v_slot.specialization, v_slot.today));
      insert into booking_origin (clinic_no, subject, booking_id, kind, at)
      select o.clinic_no, o.subject, v_booking_id, o.kind, v_now
        from waitlist_origin o
       where o.clinic_no = v_slot.clinic_no and o.entry_id = v_entry.id and v_entry.joined_by is null;
      v_free := v_free - v_entry.units;
    end loop;
    if v_free < v_slot.free then
      update slot s
         set taken = s.capacity - v_free, next_lapse = least(s.next_lapse, v_slot.until),
             oldest_booking_at = oldest_booking_of(s.oldest_booking_at, s.created_at, v_now)
       where s.clinic_no = v_slot.clinic_no and s.id = v_slot.id;
      -- They were released in this transaction, so nobody else has seen them free.
      if (v_slot.whole).takes is not null and (v_slot.whole).taken = 0 then
        insert into allocation select * from allocations_of_slot(v_slot.whole);
      end if;
    end if;
  end loop;
  -- Another call of this transaction reads anew what is free for visits: moves change it.
  if v_visit_type_id is not null then
    p_judged_for := null;
    p_free := null;
  end if;
end
$function$;
