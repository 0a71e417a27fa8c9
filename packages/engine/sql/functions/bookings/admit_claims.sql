-- admit_claims: decides whether up to 1,000 claims keep to the limits of their clinics, and reserves room for those
-- that do, until claim_slots has booked them. Each claim has subjects (the address, network, account and contacts that
-- it comes from), in separate arrays; p_subject_claims says which claim each belongs to, counted from 1.
-- p_confirm: the claim is no hold, or confirms a booking that exists.
-- p_visit_type_ids: the visit type of each claim; null: it has none. p_requests_max: of each subject, how many requests
-- it may have that wait for the clinic, which limits the claims of visit types that need approval.
--
-- p_released_…: reservations of claims that booked nothing. They are deleted first; not those of moving_clinics, which
-- end by themselves.
--
-- Returns by claim: null, or the limit that it would exceed and the limit's value. Limits: units | <kind>_holds |
--   <kind>_bookings | <kind>_requests, as count_origins. A claim with a known key is never refused: it gets its first
--   result. Nor do the tries of a claim count for each other: each has a booking id, all have one key, and at most one
--   will book.
-- Locks: an advisory lock per clinic, in order, until the commit: no two servers count at the same time. The function
--   is short, and its commit does not wait for the disk (a crash loses a few reservations, never a booking).
-- Fails: 22023 for arrays of different lengths.
-- Idempotent: yes; a reservation is identified by its subject and booking. It begins anew with each repetition.
--
-- A claim is far from its limits if its subjects have fewer reservations than the lowest one; they are written without
-- looking at the bookings. Only for the others are the bookings read, and reservations deleted that count no longer.
create or replace function holdfast.admit_claims(
  p_clinic_nos integer[], p_booking_ids uuid[], p_keys uuid[], p_units integer[], p_confirm boolean[],
  p_subject_claims integer[], p_subject_kinds text[], p_subjects uuid[],
  p_released_clinic_nos integer[], p_released_subjects uuid[], p_released_ids uuid[],
  p_visit_type_ids uuid[] default null, p_requests_max integer[] default null
) returns table (exceeded text[], maxima integer[])
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_moving_nos integer[];
  v_near integer[];
  -- Places in p_subjects: of subjects with reservations or several claims, and of the others.
  v_known integer[];
  v_new integer[];
  v_exceeded text[] := array_fill(null::text, array[cardinality(p_booking_ids)]);
  v_maxima integer[] := array_fill(null::integer, array[cardinality(p_booking_ids)]);
  v_claim integer;
  v_subject record;
  v_holds integer;
  v_live integer;
  v_requests integer;
  v_may_ask boolean;
begin
  if cardinality(p_booking_ids) not between 0 and 1000
     or array[cardinality(p_clinic_nos), cardinality(p_keys), cardinality(p_units), cardinality(p_confirm),
              coalesce(cardinality(p_visit_type_ids), cardinality(p_booking_ids))]
        <> array_fill(cardinality(p_booking_ids), array[5])
     or array[cardinality(p_subject_kinds), cardinality(p_subjects),
              coalesce(cardinality(p_requests_max), cardinality(p_subject_claims))]
        <> array_fill(cardinality(p_subject_claims), array[3])
     or array[cardinality(p_released_subjects), cardinality(p_released_ids)]
        <> array_fill(cardinality(p_released_clinic_nos), array[2]) then
    raise exception 'claims, subjects and releases come as arrays of the same length, claims at most 1000'
      using errcode = 'invalid_parameter_value';
  end if;
  perform set_config('synchronous_commit', 'off', true);
  -- A separate statement: the next one has a snapshot from after the wait. The class of locks is that of migrations,
  -- plus 1.
  perform pg_advisory_xact_lock(1215261797, q.clinic_no)
     from (select distinct u.clinic_no from unnest(p_clinic_nos) u(clinic_no) order by u.clinic_no) q;
  v_now := clock_timestamp();
  v_moving_nos := moving_clinics();

  -- What another session has locked, such as purge_outdated, ends after two minutes: a wait would stop all clinics, and
  -- so would the refusal of a clinic that is moved.
  delete from booking_origin o
   where (o.clinic_no, o.subject, o.booking_id) in (
     select t.clinic_no, t.subject, t.booking_id
       from unnest(p_released_clinic_nos, p_released_subjects, p_released_ids) r(clinic_no, subject, id)
       join booking_origin t on t.clinic_no = r.clinic_no and t.subject = r.subject and t.booking_id = r.id
      where r.clinic_no <> all (v_moving_nos)
        for update of t skip locked);

  -- The claims that are near a limit, found by subscripts: a join would compare each subject with each claim. Requests
  -- with one key count as several here, as if each would book; only near a limit are they told apart (count_origins).
  with subjects as materialized (
    select i.n, p_subject_claims[i.n] as claim, p_subjects[i.n] as subject,
           p_clinic_nos[p_subject_claims[i.n]] as clinic_no,
           least(l.lowest, case when p_visit_type_ids[p_subject_claims[i.n]] is not null
                                  then p_requests_max[i.n] end) as lowest,
           p_units[p_subject_claims[i.n]] > l.guest_units_max as has_many
      from generate_subscripts(p_subjects, 1) i(n)
     cross join lateral (select * from booking_limits_of(p_clinic_nos[p_subject_claims[i.n]], p_subject_kinds[i.n])
                          limit 1) l
  ), counted as materialized (
    select a.clinic_no, a.subject, a.claims, a.lowest, a.n,
           (select count(*) from (select from booking_origin o
                                   where o.clinic_no = a.clinic_no and o.subject = a.subject
                                   limit a.lowest) r) as reserved
      from (select t.clinic_no, t.subject, count(*) as claims, min(t.lowest) as lowest, min(t.n) as n
              from subjects t group by t.clinic_no, t.subject) a
  )
  select array_agg(distinct s.claim order by s.claim)
           filter (where s.has_many or (s.clinic_no, s.subject) in (select c.clinic_no, c.subject from counted c
                                                                     where c.claims + c.reserved > c.lowest)),
         array_agg(s.n) filter (where (s.clinic_no, s.subject) in (select c.clinic_no, c.subject from counted c
                                                                    where c.claims > 1 or c.reserved > 0)),
         (select array_agg(c.n) from counted c where c.claims = 1 and c.reserved = 0)
    into v_near, v_known, v_new
    from subjects s;

  -- It has no ON CONFLICT, which took a fifth of this function: nothing can conflict. Only admit_claims, under the
  -- lock, reserves for a booking that others know of; offer_places does for new ones.
  insert into booking_origin (clinic_no, subject, booking_id, kind, at, key)
  select p_clinic_nos[p_subject_claims[u.n]], p_subjects[u.n], p_booking_ids[p_subject_claims[u.n]],
         p_subject_kinds[u.n], v_now, p_keys[p_subject_claims[u.n]]
    from unnest(v_new) u(n)
   where v_near is null or p_subject_claims[u.n] <> all (v_near);
  if v_known is not null then
    insert into booking_origin (clinic_no, subject, booking_id, kind, at, key)
    select distinct on (q.clinic_no, q.subject, q.booking_id) q.*
      from (select p_clinic_nos[p_subject_claims[u.n]] as clinic_no, p_subjects[u.n] as subject,
                   p_booking_ids[p_subject_claims[u.n]] as booking_id, p_subject_kinds[u.n], v_now,
                   p_keys[p_subject_claims[u.n]]
              from unnest(v_known) u(n)
             where v_near is null or p_subject_claims[u.n] <> all (v_near)) q
    on conflict (clinic_no, subject, booking_id) do update set at = excluded.at;
  end if;

  foreach v_claim in array coalesce(v_near, '{}') loop
    v_may_ask := exists (select from visit_type t
                          where t.clinic_no = p_clinic_nos[v_claim] and t.id = p_visit_type_ids[v_claim]
                            and needs_approval(t.approval, false));
    for v_subject in
      select s.kind, s.subject, s.requests_max, l.*
        from unnest(p_subject_claims, p_subject_kinds, p_subjects, p_requests_max)
             s(claim, kind, subject, requests_max)
       cross join lateral booking_limits_of(p_clinic_nos[v_claim], s.kind) l
       where s.claim = v_claim
    loop
      if p_units[v_claim] > v_subject.guest_units_max then
        v_exceeded[v_claim] := 'units';
        v_maxima[v_claim] := v_subject.guest_units_max;
        exit;
      end if;
      select c.holds, c.live, c.requests into v_holds, v_live, v_requests
        from count_origins(p_clinic_nos[v_claim], v_subject.subject, p_booking_ids[v_claim], p_keys[v_claim], v_now) c;
      if v_live >= v_subject.bookings_max then
        v_exceeded[v_claim] := v_subject.kind || '_bookings';
        v_maxima[v_claim] := v_subject.bookings_max;
        exit;
      elsif v_holds >= v_subject.holds_max and not p_confirm[v_claim] then
        v_exceeded[v_claim] := v_subject.kind || '_holds';
        v_maxima[v_claim] := v_subject.holds_max;
        exit;
      elsif v_may_ask and v_requests >= v_subject.requests_max then
        v_exceeded[v_claim] := v_subject.kind || '_requests';
        v_maxima[v_claim] := v_subject.requests_max;
        exit;
      end if;
    end loop;
    if v_exceeded[v_claim] is null then
      insert into booking_origin (clinic_no, subject, booking_id, kind, at, key)
      select distinct on (s.subject)
             p_clinic_nos[v_claim], s.subject, p_booking_ids[v_claim], s.kind, v_now, p_keys[v_claim]
        from unnest(p_subject_claims, p_subject_kinds, p_subjects) s(claim, kind, subject)
       where s.claim = v_claim
      on conflict (clinic_no, subject, booking_id) do update set at = excluded.at;
    -- After the count, so that a booking of this key that was counted is known here.
    elsif exists (select from idempotency k where k.clinic_no = p_clinic_nos[v_claim] and k.key = p_keys[v_claim]) then
      v_exceeded[v_claim] := null;
    end if;
  end loop;
  return query select v_exceeded, v_maxima;
end
$function$;
