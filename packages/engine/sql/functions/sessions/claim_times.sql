-- claim_times: books visits in open sessions, for up to 1,000 requests at once, first come, first served in the order
-- of the arrays; what several doctors share, in the order of the doctors. Each visit that has room gets a slot of its
-- own in its session (p_slot_ids: the ids to use), with the rooms and devices that it needs (units_for_visit), or a
-- place in the slot of its group; then claim_slots books them. A patient's visit of a type that needs approval is held,
-- also with p_confirm: settle_bookings then makes it a request. A request is for a session, a start and a visit type;
-- the other parameters, and the row, are those of claim_slots. slot_ids: of what was booked.
--
-- Outcomes: as claim_slots; answer_refused:… (as answered_patient); and
--   session_missing | visit_type_missing | visit_type_not_offered | visit_type_by_<who may
--   book it> | time_not_offered. slot_full, slot_closed:doctor_busy: the time, with its buffers, is taken
--   (taken_because). needs_taken:<see there>: no room or device is free. retry: as claim_slots; if the
--   time, or what the visit needs, was taken by a request of this call that was then refused, or that has the same key;
--   if other rooms or devices would do since it was sent; and for all requests, if holds at these times had lapsed:
--   their units were given back, and may have been offered to those who wait. After that no booking may be locked.
-- Locks: the doctors, and the rooms and devices that would do, by (clinic_no, id); with p_known_by, as lock_patients;
--   then the slots of visits at these times, and those that take these rooms and devices with lapsed holds, by
--   (clinic_no, id), and their lapsed holds; then as claim_slots.
-- Fails: as claim_slots; 23P01 if the backstop found an overlap.
-- Idempotent: by key, for 24 hours.
create or replace function holdfast.claim_times(
  p_clinic_nos integer[], p_session_ids uuid[], p_starts timestamptz[], p_visit_type_ids uuid[], p_slot_ids uuid[],
  p_ids uuid[], p_units integer[], p_keys uuid[], p_hashes uuid[], p_confirm boolean[], p_account_ids uuid[],
  p_actor_ids uuid[], p_types text[], p_patients jsonb[], p_reasons text[], p_known_by text[] default null,
  p_patient_ids uuid[] default null
) returns table (
  outcomes text[], booking_ids uuid[], clinic_ids uuid[], resource_ids uuid[], capacities integer[],
  appointment_types text[], starts_at timestamptz[], ends_at timestamptz[], hold_expires_at timestamptz[],
  created_at timestamptz, tx xid8, available integer[], lapses_in_ms float8[], snapshot pg_snapshot, slot_ids uuid[]
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
  v_count constant integer := cardinality(p_ids);
  v_now timestamptz;
  -- Before the locks of slots: the holds that had lapsed by then are given back.
  v_lapsed_by timestamptz;
  v_request record;
  v_resource_clinic_nos integer[]; v_resource_ids uuid[];
  -- the slots of visits at the times of the requests, and these locked
  v_slot_clinic_nos integer[]; v_slot_ids uuid[];
  v_there slot[];
  -- by request
  v_verdicts text[] := array_fill(null::text, array[v_count]);
  v_slots uuid[] := array_fill(null::uuid, array[v_count]);
  v_types text[] := p_types;
  v_patients jsonb[] := p_patients;
  -- whether the account is a patient whom the clinic knows, where that decides
  v_known boolean[];
  -- of the doctor whose requests are decided
  v_resource_id uuid;
  -- what was taken before in the sessions that were read, and what the requests before take
  v_taken tstzmultirange; v_read tstzmultirange; v_own tstzmultirange;
  v_during tstzrange;
  v_slot_id uuid;
  v_answered record;
  -- the slots to create, the requests that they are for, and the requests that found the time taken by one of these
  v_new slot[] := '{}'; v_makers integer[] := '{}'; v_rivals integer[] := '{}';
  -- what the slots to create take beside the doctors, and what a request would take
  v_allocations allocation[] := '{}'; v_units units_of_visit;
  v_unused_clinic_nos integer[]; v_unused_ids uuid[];
  v_claimed record;
  v_confirm boolean[];
begin
  if array[cardinality(p_clinic_nos), cardinality(p_session_ids), cardinality(p_starts), cardinality(p_visit_type_ids),
           cardinality(p_slot_ids)] <> array_fill(v_count, array[5]) then
    raise exception 'claims come as arrays of the same length' using errcode = 'invalid_parameter_value';
  end if;

  if p_patient_ids is not null then
    p_patients := patients_as_booked(p_clinic_nos, p_patient_ids, p_patients);
  end if;
  -- Before the locks, of which none decides it: it takes long at an old clinic.
  v_known := known_patients(p_clinic_nos, array(
    select case when t.bookable_by = 'known_patients' then p_account_ids[i.n] end
      from unnest(p_clinic_nos, p_visit_type_ids) with ordinality i(clinic_no, visit_type_id, n)
      left join visit_type t on t.clinic_no = i.clinic_no and t.id = i.visit_type_id
     order by i.n));

  -- 1. The locks. A doctor's lock is that of everything which takes their time, and so is a room's.
  select array_agg(q.clinic_no), array_agg(q.resource_id) into v_resource_clinic_nos, v_resource_ids
    from (select s.clinic_no, s.resource_id
            from unnest(p_clinic_nos, p_session_ids) i(clinic_no, session_id)
           cross join lateral (select t.clinic_no, t.resource_id from open_session t
                                where t.clinic_no = i.clinic_no and t.id = i.session_id limit 1) s
          union
          select i.clinic_no, u.resource_id
            from unnest(p_clinic_nos, p_visit_type_ids) i(clinic_no, visit_type_id)
           cross join lateral visit_units(i.clinic_no, i.visit_type_id) u
           where u.resource_id is not null) q;
  perform 1 from resource r
    where (r.clinic_no, r.id) in (select u.clinic_no, u.id
                                    from unnest(v_resource_clinic_nos, v_resource_ids) u(clinic_no, id))
    order by r.clinic_no, r.id
      for no key update;
  if p_known_by is not null then
    perform lock_patients(p_clinic_nos, array(
      select case when sought_keys(p_known_by[i.n], p_patients[i.n], p_account_ids[i.n]) is not null
                  then fold_name(p_patients[i.n]->>'name') end
        from generate_series(1, v_count) i(n) order by i.n));
  end if;
  v_lapsed_by := clock_timestamp();
  -- All visit slots at these times, which are what a request may find empty, lapsed or with room for its group. The
  -- laterals keep the order of the joins, whatever a plan from when the tables were small would do.
  select array_agg(q.clinic_no), array_agg(q.id) into v_slot_clinic_nos, v_slot_ids
    from (with asked as materialized (
            select i.clinic_no, i.visit_type_id, o.resource_id, v.needs_units, v.during
              from unnest(p_clinic_nos, p_session_ids, p_starts, p_visit_type_ids)
                     i(clinic_no, session_id, starts_at, visit_type_id)
             cross join lateral (select t.resource_id from open_session t
                                  where t.clinic_no = i.clinic_no and t.id = i.session_id limit 1) o
             cross join lateral (select v.needs_units, time_of_visit(v, i.starts_at) as during
                                   from visit_of_doctor(i.clinic_no, i.visit_type_id, o.resource_id) v offset 0) v)
          select i.clinic_no, s.id
            from asked i
           cross join lateral (
             select s.id from slot s
              where s.clinic_no = i.clinic_no and s.resource_id = i.resource_id
                and s.session_id is not null and s.withdrawn_at is null
                -- A slot has 25 hours at most, and a buffer 4.
                and s.starts_at > lower(i.during) - interval '29 hours'
                and s.starts_at < upper(i.during) + interval '4 hours'
                -- Most of a day is not near it, and time_of_slot costs more than this.
                and s.ends_at > lower(i.during) - interval '4 hours'
                and time_of_slot(s) && i.during offset 0) s
           union
          select i.clinic_no, s.id
            from asked i
           cross join lateral (
             select a.booking_id
               from visit_units(i.clinic_no, i.visit_type_id) u
               join allocation a on a.clinic_no = i.clinic_no and a.resource_id = u.resource_id
                                and a.unit_no = u.unit_no and a.during && i.during
              where i.needs_units offset 0) a
           cross join lateral (select s.id from slot s
                                where s.clinic_no = i.clinic_no and s.id = a.booking_id
                                  and s.next_lapse <= v_lapsed_by limit 1) s) q;
  v_there := array(
    select q from (
          select s.*
            from slot s
           where (s.clinic_no, s.id) in (select u.clinic_no, u.id
                                           from unnest(v_slot_clinic_nos, v_slot_ids) u(clinic_no, id))
           order by s.clinic_no, s.id
             for update) q);
  v_now := clock_timestamp();
  if exists (select from unnest(v_there) s where s.taken > 0 and s.next_lapse <= v_now) then
    perform lapse_holds(array(select s.clinic_no from unnest(v_there) s where s.taken > 0 and s.next_lapse <= v_now),
                        array(select s.id from unnest(v_there) s where s.taken > 0 and s.next_lapse <= v_now), v_now);
    return query
    select array_fill('retry'::text, array[v_count]), '{}'::uuid[], '{}'::uuid[], '{}'::uuid[], '{}'::integer[],
           '{}'::text[], '{}'::timestamptz[], '{}'::timestamptz[], '{}'::timestamptz[], v_now, null::xid8,
           '{}'::integer[], '{}'::float8[], null::pg_snapshot, '{}'::uuid[];
    return;
  end if;

  -- 2. Decide, one doctor after the other. A known key needs no slot: claim_slots finds it.
  for v_request in
    select i.n, i.clinic_no, s.resource_id, i.starts_at, v as visit, i.slot_id, s.id as session_id,
           tstzrange(s.starts_at, s.ends_at) as session_time,
           coalesce(time_refusal(s, v, r.active, i.starts_at, p_actor_ids[i.n] is not null, v_known[i.n], v_now),
                    case when p_types[i.n] <> all (v.appointment_types) then 'appointment_type_not_offered' end)
             as refusal
      from unnest(p_clinic_nos, p_session_ids, p_starts, p_visit_type_ids, p_slot_ids)
             with ordinality i(clinic_no, session_id, starts_at, visit_type_id, slot_id, n)
      left join lateral (select t.* from open_session t
                          where t.clinic_no = i.clinic_no and t.id = i.session_id limit 1) s on true
      left join lateral (select t.active from resource t
                          where t.clinic_no = i.clinic_no and t.id = s.resource_id limit 1) r on true
      left join lateral visit_of_doctor(i.clinic_no, i.visit_type_id, s.resource_id) v on true
     where not exists (select from idempotency k where k.clinic_no = i.clinic_no and k.key = p_keys[i.n])
     order by i.clinic_no, s.resource_id, i.n
  loop
    v_verdicts[v_request.n] := v_request.refusal;
    continue when v_request.refusal is not null;
    v_answered := answered_patient(v_request.clinic_no, (v_request.visit).visit_type_id, p_patients[v_request.n], null,
                                   p_confirm[v_request.n], p_actor_ids[v_request.n] is not null, v_now);
    v_verdicts[v_request.n] := v_answered.refusal;
    continue when v_answered.refusal is not null;
    v_patients[v_request.n] := v_answered.patient;
    if v_request.resource_id is distinct from v_resource_id then
      v_resource_id := v_request.resource_id;
      v_own := '{}';
      v_read := '{}';
      v_taken := '{}';
    end if;
    v_types[v_request.n] := coalesce(p_types[v_request.n], (v_request.visit).appointment_types[1]);
    v_during := time_of_visit(v_request.visit, v_request.starts_at);
    v_slot_id := case when (v_request.visit).capacity > 1 then (
      select n.id
        from (select g.* from unnest(v_there) g where g.taken > 0 union all select g.* from unnest(v_new) g) n
       where n.resource_id = v_resource_id and n.visit_type_id = (v_request.visit).visit_type_id
         and n.starts_at = v_request.starts_at) end;
    -- Of each session once, with what is near it.
    if v_slot_id is null and not v_read @> v_request.session_time then
      v_read := v_read + tstzmultirange(v_request.session_time);
      v_taken := v_taken + taken_times(v_request.clinic_no, v_resource_id, lower(v_request.session_time),
                                       upper(v_request.session_time), v_now);
    end if;
    if v_slot_id is not null then
      if group_is_closed(v_request.clinic_no, v_slot_id) then
        v_verdicts[v_request.n] := 'slot_closed:doctor_busy';
        v_slot_id := null;
      end if;
    elsif v_taken && v_during then
      v_verdicts[v_request.n] := taken_because(v_request.clinic_no, v_resource_id, v_during);
    elsif v_own && v_during then
      v_rivals := v_rivals || v_request.n::integer;
    else
      v_units := row(null::jsonb, null::jsonb);
      if (v_request.visit).needs_units then
        v_units := units_for_visit(v_request.clinic_no, (v_request.visit).visit_type_id, v_during, v_lapsed_by,
                                   v_allocations);
      end if;
      if v_units.missing is not null then
        v_verdicts[v_request.n] := needs_taken(v_units.missing);
        -- A request before it has taken the last one.
        if v_allocations <> '{}'
           and (units_for_visit(v_request.clinic_no, (v_request.visit).visit_type_id, v_during, v_lapsed_by)).missing
               is null then
          v_rivals := v_rivals || v_request.n::integer;
        end if;
      elsif exists (select from jsonb_array_elements(v_units.takes) t(unit)
                     where (t.unit->>1)::uuid <> all (v_resource_ids)) then
        v_verdicts[v_request.n] := 'retry';
      else
        v_slot_id := v_request.slot_id;
        v_own := v_own + tstzmultirange(v_during);
        v_makers := v_makers || v_request.n::integer;
        v_new := v_new || (v_request.clinic_no, v_slot_id, v_resource_id, v_request.starts_at,
                           v_request.starts_at + make_interval(mins => (v_request.visit).minutes),
                           (v_request.visit).capacity, 0, null, null, v_now, null, null, null, v_request.session_id,
                           (v_request.visit).visit_type_id, (v_request.visit).buffer_before_minutes,
                           (v_request.visit).buffer_after_minutes, v_units.takes)::slot;
        if v_units.takes is not null then
          v_allocations := v_allocations || array(select a from allocations_of_slot(v_new[cardinality(v_new)]) a);
        end if;
      end if;
    end if;
    v_slots[v_request.n] := v_slot_id;
  end loop;

  -- 3. The slots. Empty ones that are in the way are over.
  if v_new <> '{}' and exists (select from unnest(v_there) t where t.taken = 0) then
    perform withdraw_empty_visits(q.clinic_no, q.resource_id, q.times, v_now)
       from (select n.clinic_no, n.resource_id, range_agg(time_of_slot(n)) as times
               from unnest(v_new) n group by n.clinic_no, n.resource_id) q;
  end if;
  if v_new <> '{}' then
    insert into slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, digest, session_id, visit_type_id,
                      buffer_before_minutes, buffer_after_minutes, takes)
    select n.clinic_no, n.id, n.resource_id, n.starts_at, n.ends_at, n.capacity,
           slot_digest(n.id, n.resource_id, n.starts_at, n.ends_at, n.capacity, null, null, visit_of_slot(n)),
           n.session_id, n.visit_type_id, n.buffer_before_minutes, n.buffer_after_minutes, n.takes
      from unnest(v_new) n;
  end if;
  if v_allocations <> '{}' then
    insert into allocation select * from unnest(v_allocations);
  end if;

  -- 4. The bookings. What was refused above has no slot, and gets the reason that was found.
  v_confirm := array(
    select i.confirm and not needs_approval(t.approval, i.actor_id is not null)
      from unnest(p_clinic_nos, p_visit_type_ids, p_confirm, p_actor_ids) with ordinality
             i(clinic_no, visit_type_id, confirm, actor_id, n)
      left join visit_type t on t.clinic_no = i.clinic_no and t.id = i.visit_type_id
     order by i.n);
  select * into v_claimed
    from claim_slots(p_clinic_nos, v_slots, p_ids, p_units, p_keys, p_hashes, v_confirm, p_account_ids, p_actor_ids,
                     v_types, v_patients, p_reasons, p_known_by, true, p_patient_ids);
  if v_new <> '{}' and v_claimed.outcomes <> array_fill('booked'::text, array[v_count]) then
    with unused as (
      delete from slot s
       using unnest(v_new) n
       where s.clinic_no = n.clinic_no and s.id = n.id and s.taken = 0
      returning s.clinic_no, s.id, s.takes
    )
    select array_agg(u.clinic_no), array_agg(u.id) into v_unused_clinic_nos, v_unused_ids
      from unused u where u.takes is not null;
    if v_unused_ids is not null then
      perform release_allocations(v_unused_clinic_nos, v_unused_ids);
    end if;
  end if;
  return query
  select array(select case when o.outcome = 'slot_missing' and o.n = any (v_rivals)
                           then case when exists (
                                  select from generate_subscripts(v_makers, 1) m(k)
                                   where v_new[m.k].clinic_no = p_clinic_nos[o.n]
                                     and v_claimed.outcomes[v_makers[m.k]] <> 'booked')
                                  or exists (
                                  select from generate_series(1, v_count) b(n)
                                   where b.n <> o.n and p_clinic_nos[b.n] = p_clinic_nos[o.n]
                                     and p_keys[b.n] = p_keys[o.n]
                                     and v_claimed.outcomes[b.n] = 'booked')
                                then 'retry' else coalesce(v_verdicts[o.n], 'slot_full') end
                           when o.outcome = 'slot_missing' then coalesce(v_verdicts[o.n], o.outcome)
                           else o.outcome end
                 from unnest(v_claimed.outcomes) with ordinality o(outcome, n) order by o.n),
         v_claimed.booking_ids, v_claimed.clinic_ids, v_claimed.resource_ids, v_claimed.capacities,
         v_claimed.appointment_types, v_claimed.starts_at, v_claimed.ends_at, v_claimed.hold_expires_at,
         v_claimed.created_at, v_claimed.tx, v_claimed.available, v_claimed.lapses_in_ms, v_claimed.snapshot, v_slots;
end
$function$;
