-- claim_slots: books units of slots for up to 1,000 requests at once, first come, first served in the order of the
-- arrays. Each array has one element per request. Returns one row, of arrays again: a client takes longer to read a row
-- per request than for everything else it does with a batch. hold_expires_at: of booked requests; created_at: when it
-- was decided; tx: the transaction that booked, null when nothing was booked.
--
-- available, lapses_in_ms: of booked requests, how many units of the slot are left after the whole call, and how long
-- it has no lapsed holds: zero or less when more of them are left. snapshot: taken under the slots' locks, so that of
-- two calls that booked units of one slot, the later has the later snapshot.
--
-- p_actor_ids: the account that acts for another person, at the clinic's desk; null: the account itself, or a guest.
-- p_known_by: how the patient is known whose appointments at the same time refuse the request, as sought_keys; null:
-- none do. p_is_judged: by claim_times, so that the clinic's notice and horizon do not bind. p_patient_ids: the records
-- that the bookings are linked to, for the desk; without a patient, the booking has the record's (patients_as_booked).
--
-- Outcomes: booked | replayed | slot_full | slot_missing | slot_closed:<why> | units_over_capacity |
--   appointment_type_not_offered | key_reused | patient_booked:<the other booking's id> | record_missing |
--   record_merged:<id> | retry
--   replayed: the key was used with this hash; the booking id is that of the first request.
--   retry (send it again): it lost a race for its key, perhaps to a request of this call, would fit behind a larger
--   request that did not, more lapsed holds are left than one call gives back, its record is locked (lock_records), or,
--   with p_known_by, an earlier request of the call is for the same person at the same time.
-- Locks: as lock_patients, with p_known_by; then the slots that may have room, by (clinic_no, id); then lapsed
--   bookings on them (lapse_holds); then as lock_records; then keys, by (clinic_no, key). What is known, missing,
--   closed or plainly full is decided by a plain read before: a batch of refusals takes no lock, and so needs no
--   transaction id and no flush. After a wait for the locks, what it read may have changed, such as a doctor who takes
--   no more bookings: it is read again if the log of such changes (directory_change) has a new line, or a notice period
--   may have begun.
-- Fails: 22023 for arrays of different lengths, units below 1, or a claim without key, hash, patient or confirm; 23514
--   for ids of a clock that differs by more than a day from the database's: bookings are looked for by their ids' time;
--   unique_violation on a booking id sent twice; check_violation if a count of units were wrong.
-- Idempotent: by key, for 24 hours.
create or replace function holdfast.claim_slots(
  p_clinic_nos integer[], p_slot_ids uuid[], p_ids uuid[], p_units integer[], p_keys uuid[], p_hashes uuid[],
  p_confirm boolean[], p_account_ids uuid[], p_actor_ids uuid[], p_types text[], p_patients jsonb[], p_reasons text[],
  p_known_by text[] default null, p_is_judged boolean default false, p_patient_ids uuid[] default null
) returns table (
  outcomes text[], booking_ids uuid[], clinic_ids uuid[], resource_ids uuid[], capacities integer[],
  appointment_types text[], starts_at timestamptz[], ends_at timestamptz[], hold_expires_at timestamptz[],
  created_at timestamptz, tx xid8, available integer[], lapses_in_ms float8[], snapshot pg_snapshot
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
-- Planned once, for arrays of any length. Without these settings, a plan from when the tables were empty scanned
-- idempotency for each item.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_read_at timestamptz := v_now;
  v_snapshot pg_snapshot := pg_current_snapshot();
  v_notice_max interval;
  v_is_locked boolean := false;
  -- by request
  v_verdicts text[]; v_priors uuid[]; v_clinic_ids uuid[]; v_resource_ids uuid[]; v_capacities integer[];
  v_types text[]; v_starts timestamptz[]; v_ends timestamptz[]; v_hold_seconds integer[];
  -- by slot that may have room
  v_clinic_nos integer[]; v_slot_ids uuid[]; v_lapsed_clinic_nos integer[]; v_lapsed_slot_ids uuid[];
  v_locked_ids uuid[]; v_free integer[]; v_withdrawn_at timestamptz[];
  v_blocked_at timestamptz[]; v_more_lapsed boolean[];
  v_next_lapses timestamptz[];
begin
  if cardinality(p_ids) not between 1 and 1000
     or array[cardinality(p_clinic_nos), cardinality(p_slot_ids), cardinality(p_units), cardinality(p_keys),
              cardinality(p_hashes), cardinality(p_confirm), cardinality(p_account_ids), cardinality(p_actor_ids),
              cardinality(p_types), cardinality(p_patients), cardinality(p_reasons),
              coalesce(cardinality(p_known_by), cardinality(p_ids)),
              coalesce(cardinality(p_patient_ids), cardinality(p_ids))]
        <> array_fill(cardinality(p_ids), array[13]) then
    raise exception 'claims come as arrays of the same length, 1 to 1000' using errcode = 'invalid_parameter_value';
  elsif 1 > any (p_units) or slot_units_max() < any (p_units) or array_position(p_units, null) is not null then
    raise exception 'units must be 1 to %, not %', slot_units_max(), p_units using errcode = 'invalid_parameter_value';
  elsif array_position(p_keys, null) is not null or array_position(p_hashes, null) is not null
     or array_position(p_patients, null) is not null or array_position(p_confirm, null) is not null then
    raise exception 'every claim needs a key, a hash and a patient, and whether to confirm it'
      using errcode = 'invalid_parameter_value';
  elsif ids_from(v_now) > any (p_ids) or ids_until(v_now) <= any (p_ids) then
    raise exception 'an id is not of the last or the next 24 hours: %', p_ids using errcode = 'check_violation';
  end if;

  if p_patient_ids is not null then
    p_patients := patients_as_booked(p_clinic_nos, p_patient_ids, p_patients);
  end if;
  if p_known_by is not null then
    v_verdicts := visits_at_once(p_clinic_nos, p_slot_ids, p_known_by, p_patients, p_account_ids, null, p_confirm, null,
                                 p_patient_ids);
  end if;
  loop
    -- 1. A plain read: the facts of each request, and the verdict where no lock is needed for it. The second
    --    time, under the locks, verdicts are not changed: the slots of those requests are not locked.
    select array_agg(q.verdict order by q.n), array_agg(case when q.verdict = 'replayed' then q.prior end order by q.n),
           array_agg(q.clinic_id order by q.n), array_agg(q.resource_id order by q.n),
           array_agg(q.capacity order by q.n), array_agg(q.appointment_type order by q.n),
           array_agg(q.starts_at order by q.n), array_agg(q.ends_at order by q.n),
           array_agg(q.hold_seconds order by q.n), max(q.minimum_notice),
           array_agg(q.clinic_no) filter (where q.verdict is null),
           array_agg(q.slot_id) filter (where q.verdict is null)
      into v_verdicts, v_priors, v_clinic_ids, v_resource_ids, v_capacities, v_types, v_starts, v_ends, v_hold_seconds,
           v_notice_max, v_clinic_nos, v_slot_ids
      from (
        select i.n, p_clinic_nos[i.k] as clinic_no, p_slot_ids[i.k] as slot_id, k.booking_id as prior, c.clinic_id,
               s.resource_id, s.capacity, s.starts_at, s.ends_at, c.hold_seconds, c.minimum_notice,
               coalesce(p_types[i.k], r.appointment_types[1]) as appointment_type,
               coalesce(case when k.booking_id is null then nullif(v_verdicts[i.k], 'retry') end,
                 claim_verdict(v_now, k.booking_id, k.request_hash, p_hashes[i.k], s.id, s.withdrawn_at, s.blocked_at,
                               s.starts_at, s.ends_at, p_actor_ids[i.k] is not null,
                               case when p_is_judged or s.session_id is null then r.kind else 'visit' end, r.active,
                               case when not p_is_judged then c.minimum_notice end,
                               case when not p_is_judged then c.booking_horizon end, p_types[i.k],
                               r.appointment_types, p_units[i.k], s.capacity, s.taken, s.next_lapse),
                 v_verdicts[i.k]) as verdict
          from generate_subscripts(p_ids, 1) with ordinality i(k, n)
          left join lateral (select t.* from slot t where t.clinic_no = p_clinic_nos[i.k] and t.id = p_slot_ids[i.k]
                              limit 1) s on true
          left join lateral (select t.kind, t.active, t.appointment_types from resource t
                              where t.clinic_no = p_clinic_nos[i.k] and t.id = s.resource_id limit 1) r on true
          left join lateral (select t.id as clinic_id, t.hold_seconds,
                             make_interval(mins => t.minimum_notice_minutes) as minimum_notice,
                                    make_interval(days => t.booking_horizon_days) as booking_horizon
                               from clinic t where t.no = p_clinic_nos[i.k] limit 1) c on true
          left join lateral (select t.booking_id, t.request_hash from idempotency t
                              where t.clinic_no = p_clinic_nos[i.k] and t.key = p_keys[i.k] limit 1) k on true
      ) q;
    exit when v_slot_ids is null or v_is_locked;

    -- 2. Lock every slot that may have room, once, in key order; the rows come back as they are under the lock. FILTER,
    --    not WHERE: a WHERE would be pushed into the subquery, and only the matching rows would be locked.
    select array_agg(q.id), array_agg(q.capacity - q.taken), array_agg(q.withdrawn_at), array_agg(q.blocked_at),
           array_agg(q.next_lapse),
           -- Holds that lapse after claim_times has judged stay: without them, a group's slot would lose its room.
           array_agg(q.clinic_no) filter (where q.next_lapse <= clock_timestamp() and not p_is_judged),
           array_agg(q.id) filter (where q.next_lapse <= clock_timestamp() and not p_is_judged)
      into v_locked_ids, v_free, v_withdrawn_at, v_blocked_at, v_next_lapses, v_lapsed_clinic_nos, v_lapsed_slot_ids
      from (select s.clinic_no, s.id, s.capacity, s.taken, s.withdrawn_at, s.blocked_at, s.next_lapse
              from slot s
             where (s.clinic_no, s.id) in (select u.clinic_no, u.slot_id
                                           from unnest(v_clinic_nos, v_slot_ids) u(clinic_no, slot_id))
             order by s.clinic_no, s.id
               for update) q;
    v_now := clock_timestamp();
    if v_lapsed_slot_ids is not null then
      perform lapse_holds(v_lapsed_clinic_nos, v_lapsed_slot_ids, v_now);
      select array_agg(q.id), array_agg(q.capacity - q.taken), array_agg(q.withdrawn_at), array_agg(q.blocked_at),
             array_agg(q.next_lapse), array_agg(q.next_lapse <= v_now)
        into v_locked_ids, v_free, v_withdrawn_at, v_blocked_at, v_next_lapses, v_more_lapsed
        from (select s.* from (select distinct u.clinic_no, u.slot_id
                               from unnest(v_clinic_nos, v_slot_ids) u(clinic_no, slot_id)) u
               cross join lateral (select t.* from slot t where t.clinic_no = u.clinic_no and t.id = u.slot_id limit 1
               ) s) q;
    end if;
    exit when clock_timestamp() < v_read_at + claim_facts_age_max();
    -- Performance: most long waits are for batches that change no facts; reading them again took 1/7 of such a batch.
    exit when (v_now + v_notice_max > any (v_starts)) is not true
      and not exists (select from directory_change d
                       where d.xid >= pg_snapshot_xmin(v_snapshot) and not pg_visible_in_snapshot(d.xid, v_snapshot));
    v_is_locked := true;
  end loop;
  if v_slot_ids is null then
    return query
    select v_verdicts, v_priors, v_clinic_ids, v_resource_ids, v_capacities, v_types, v_starts, v_ends,
           array_fill(null::timestamptz, array[cardinality(p_ids)]), v_now, null::xid8, '{}'::integer[], '{}'::float8[],
           null::pg_snapshot;
    return;
  end if;
  if p_patient_ids is not null then
    v_verdicts := array(select coalesce(i.verdict, i.refusal)
                          from unnest(v_verdicts, lock_records(p_clinic_nos, p_patient_ids))
                                 with ordinality i(verdict, refusal, n) order by i.n);
  end if;

  -- 3. Admit, and write everything that follows from it. Another session may have used a key while we waited: for
  --    admitted requests the key's insert shows it, for the others the key is looked up again.
  --    The rows are sorted and copied several times, so the request's other columns are read by its number only where
  --    they are written: with all of them in these rows, PostgreSQL took 1.03 × the CPU per claim.
  return query
  with judged as (
    select i.n, p_clinic_nos[i.n] as clinic_no, p_slot_ids[i.n] as slot_id, p_ids[i.n] as id, p_units[i.n] as units,
           l.free, l.next_lapse, l.more_lapsed is true as more_lapsed,
           case when v_verdicts[i.n] is not null then v_verdicts[i.n]
                when l.id is null then 'slot_missing'
                else claim_closed(l.withdrawn_at, v_starts[i.n], v_ends[i.n], p_actor_ids[i.n] is not null,
                                  l.blocked_at, v_now) end as verdict
      from generate_subscripts(p_ids, 1) i(n)
      left join unnest(v_locked_ids, v_free, v_withdrawn_at, v_blocked_at, v_next_lapses, v_more_lapsed)
             l(id, free, withdrawn_at, blocked_at, next_lapse, more_lapsed) on l.id = p_slot_ids[i.n]
  ), admitted as materialized (
    select j.*, j.verdict is null
           and sum(j.units) filter (where j.verdict is null)
                 over (partition by j.slot_id order by j.n) <= j.free as fits
      from judged j
  ), keyed as (
    insert into idempotency (clinic_no, key, request_hash, booking_id, created_at)
    select a.clinic_no, p_keys[a.n], p_hashes[a.n], a.id, v_now from admitted a where a.fits
     order by a.clinic_no, p_keys[a.n]
    on conflict do nothing
    returning booking_id
  ), decided as materialized (
    select a.*, a.fits and a.id in (select k.booking_id from keyed k) as won,
           coalesce(d.booking_id, v_priors[a.n]) as prior,
           case when d.booking_id is null then a.verdict when d.request_hash = p_hashes[a.n] then 'replayed'
                else 'key_reused' end as outcome,
           case when not p_confirm[a.n] then v_now + make_interval(secs => v_hold_seconds[a.n]) end as hold_until
      from admitted a
      left join lateral (select t.booking_id, t.request_hash from idempotency t
                          where v_verdicts[a.n] is null and not a.fits and t.clinic_no = a.clinic_no
                            and t.key = p_keys[a.n]
                          limit 1) d on true
  ), booked as (
    insert into booking (clinic_no, id, slot_id, resource_id, units, status, hold_expires_at, account_id,
                         appointment_type, patient, reason, created_at, updated_at)
    select d.clinic_no, d.id, d.slot_id, v_resource_ids[d.n], d.units,
           case when p_confirm[d.n] then 'CONFIRMED' else 'PENDING' end,
           d.hold_until, p_account_ids[d.n], v_types[d.n], p_patients[d.n], p_reasons[d.n], v_now, v_now
      from decided d where d.won
  ), logged as (
    insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, hold_expires_at,
                               actor_id, request_key, booking_digest)
    select d.clinic_no, d.id, 1, v_now, case when p_confirm[d.n] then 'confirmed' else 'held' end, d.slot_id,
           v_resource_ids[d.n], d.units, d.hold_until, coalesce(p_actor_ids[d.n], p_account_ids[d.n]),
           p_keys[d.n], booking_digest(p_account_ids[d.n], v_types[d.n], p_patients[d.n], p_reasons[d.n], null)
      from decided d where d.won
  ), won_of_slot as materialized (
    select d.clinic_no, d.slot_id, sum(d.units)::integer as units, min(d.hold_until) as hold_until
      from decided d where d.won group by d.clinic_no, d.slot_id
  ), counted as (
    update slot t
       set taken = t.taken + w.units, next_lapse = least(t.next_lapse, w.hold_until),
           oldest_booking_at = oldest_booking_of(t.oldest_booking_at, t.created_at, v_now)
      from won_of_slot w
     where t.clinic_no = w.clinic_no and t.id = w.slot_id
  )
  select array_agg(case when d.won then 'booked'
                        when d.outcome is not null then d.outcome
                        when d.fits or d.more_lapsed
                          or d.units <= d.free - coalesce(w.units, 0)
                          or (d.clinic_no, p_keys[d.n]) in (select o.clinic_no, p_keys[o.n] from decided o where o.won)
                          then 'retry'
                        else 'slot_full' end order by d.n),
         array_agg(case when d.won then d.id when d.outcome = 'replayed' then d.prior end order by d.n),
         v_clinic_ids, v_resource_ids, v_capacities, v_types, v_starts, v_ends,
         array_agg(case when d.won then d.hold_until end order by d.n), v_now,
         case when bool_or(d.won) then pg_current_xact_id() end,
         array_agg(case when d.won then d.free - w.units end order by d.n),
         array_agg(case when d.won then date_part('epoch', least(d.next_lapse, w.hold_until) - v_now) * 1000 end
                   order by d.n),
         case when bool_or(d.won) then pg_current_snapshot() end
    from decided d
    left join won_of_slot w on w.clinic_no = d.clinic_no and w.slot_id = d.slot_id;
  if p_patient_ids is not null then
    insert into booking_patient (clinic_no, booking_id, patient_id, linked_by, linked_at)
    select k.clinic_no, k.booking_id, p_patient_ids[i.n], p_actor_ids[i.n], v_now
      from generate_subscripts(p_ids, 1) i(n)
      join idempotency k on k.clinic_no = p_clinic_nos[i.n] and k.key = p_keys[i.n]
     where k.booking_id = p_ids[i.n] and k.created_at = v_now and p_patient_ids[i.n] is not null;
  end if;
end
$function$;
