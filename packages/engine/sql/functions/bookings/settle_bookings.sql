-- settle_bookings: changes the state of bookings: confirm, cancel, decline, extend, arrive, complete, no_show, reopen
-- or link, one per element of the arrays, each by the rules of its booking's clinic. Returns one row per element, by
-- its place `ord`, with the booking as it is afterwards and, for done, the transaction that changed it.
--
-- For what gave units back: available and lapses_in_ms, as announced_units, of the slot after the whole call;
-- snapshot, taken under the slot's lock. For confirm and extend that are done: hold_left_ms, how long the hold had
-- left. tx of an unchanged booking: the last transaction that changed it.
--
-- decline cancels a hold, and nothing that was confirmed meanwhile.
-- confirm: of a visit type that needs approval, it is a request to the clinic, unless p_on_behalf: the hold stays one,
-- lasts for the type's approval_minutes, but not beyond the visit's start, and has requested_at; it is never shortened.
-- From then on only the clinic confirms it, unless the slot was closed meanwhile, and it is not extended; for its
-- patient, confirm returns unchanged. Of a type with approval not_holding, the request of one unit gives that back, and
-- gets one by take_requested_time before the clinic confirms it; its account or contact may have one such request for
-- a time of a doctor. An offer of the waitlist is the clinic's answer already.
-- cancel: also a case whose patient has arrived, but is not in the room yet (has_not_begun).
-- reopen undoes the last mark: ARRIVED and NO_SHOW become CONFIRMED again, COMPLETED becomes ARRIVED; the booking had
-- its units all the time. Nothing becomes CONFIRMED in a withdrawn slot. link gives a guest's booking, whatever its
-- state, to the account that acts.
-- p_keys: the keys of the requests, stored with their events. p_reasons: the reason of a cancellation; with confirm, of
-- the visit. p_patients: with confirm, the patient, who may not be known when the hold is created. null: unchanged.
-- p_access: the access of the callers, as has_access; with link, that of the bearer of the token that proves it. A
-- booking to which it has ended since is missing to them.
-- p_judged_versions: the version of the booking by which the caller decided that it may change. null: by none.
-- p_known_by: with confirm, how the patient is known whose appointments at the same time refuse it, as sought_keys.
--   Or holder: by the token of the hold, which is its account's unless it has been in an e-mail.
-- null: none do.
-- p_may_free: with confirm, whether it may become a request of a type that is not_holding. That locks its slot and the
--   clinic's waitlist, as a cancellation does; without it, the outcome is needs_slot. null: it may.
--
-- A hold is extended at most as often as its clinic allows, by the clinic's hold_seconds each time; its events are
-- counted. Once extended, it is not again while somebody on the waitlist would be offered its units. A booking
-- cancelled before it was confirmed gets the failure reason `hold_released`. An offer of the waitlist is not extended,
-- and the units of a cancelled booking are offered to those who wait for them.
--
-- Outcomes: done | unchanged | booking_missing (also without access) | booking_erased | hold_expired |
--   invalid_transition | already_extended (as often as the clinic allows) | place_awaited (extend) |
--   needs_slot (confirm, see p_may_free) | past_deadline | too_early | slot_closed:withdrawn (reopen) |
--   booking_has_account | confirm: as confirmation_verdict |
--   booking_changed (it would be done, but not to the version that was judged) |
--   retry (send it again: the booking was moved meanwhile, or, with p_known_by, changed; or an earlier element of the
--   arrays changes the booking, requests the same slot without holding it or, with p_known_by, confirms one of the
--   same person at the same time)
-- Locks: as lock_patients, with p_known_by; then the slots of bookings that may give units back, by (clinic_no, id);
--   then all the bookings, by id. Claims and moves take them in the same order; without it, moves
--   deadlocked. Then, with such slots, as lock_waitlists, and to confirm cases, as plan_requests.
-- Fails: 22023 for arrays of different lengths, an unknown action or a link without an account; check_violation if a
--   count of units were wrong.
-- Idempotent: yes; a change that has been made returns unchanged. Where another change may have followed it, or, like
--   reopen and extend, it could be made again: by its key, for 24 hours. A hold that has lapsed is hold_expired.
create or replace function holdfast.settle_bookings(
  p_clinic_nos integer[], p_ids uuid[], p_actions text[], p_actor_ids uuid[], p_on_behalf boolean[], p_keys uuid[],
  p_reasons text[], p_patients jsonb[] default null, p_access jsonb[] default null,
  p_judged_versions integer[] default null, p_known_by text[] default null, p_may_free boolean[] default null
) returns table (
  ord integer, outcome text, tx xid8, id uuid, clinic_no integer, clinic_id uuid, resource_id uuid, slot_id uuid,
  status text, failure_reason text, units integer, starts_at timestamptz, ends_at timestamptz,
  hold_expires_at timestamptz, extended boolean, account_id uuid, appointment_type text, patient jsonb, reason text,
  cancellation_reason text, version integer, created_at timestamptz, updated_at timestamptz,
  erased_at timestamptz, attendance_confirmed_at timestamptz, visit_type_id uuid, session_id uuid,
  requested_at timestamptz, available integer,
  lapses_in_ms float8, snapshot pg_snapshot, hold_left_ms float8
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
  -- the bookings, locked, and those that were changed
  v_bookings booking[]; v_changed booking[];
  v_slot_clinic_nos integer[]; v_slot_ids uuid[]; v_locked_slot_ids uuid[];
  -- by request
  v_outcomes text[]; v_holds_left_ms float8[];
  -- the bookings as they were when it was judged by other appointments what refuses a confirmation
  v_judged booking[]; v_refusals text[];
  -- cases that were cancelled
  v_case_clinic_nos integer[]; v_case_ids uuid[];
  -- cases that were confirmed
  v_planned_clinic_nos integer[]; v_planned_ids uuid[];
  -- offers of the waitlist that were accepted or declined, and the slots with units that were given back
  v_offer_clinic_nos integer[]; v_offer_ids uuid[]; v_offer_outcomes text[]; v_offer_ats timestamptz[];
  v_freed_clinic_nos integer[]; v_freed_slot_ids uuid[];
  -- slots of visits that are empty now
  v_left_clinic_nos integer[]; v_left_slot_ids uuid[];
  -- by request: whether it gave units back
  v_frees boolean[];
  -- whether some clinic has visit types whose requests hold nothing
  v_may_ask boolean := false;
  v_is_awaited boolean := false;
begin
  if cardinality(p_ids) not between 1 and 1000
     or array[cardinality(p_clinic_nos), cardinality(p_actions), cardinality(p_actor_ids), cardinality(p_on_behalf),
              cardinality(p_keys), cardinality(p_reasons), coalesce(cardinality(p_patients), cardinality(p_ids)),
              coalesce(cardinality(p_access), cardinality(p_ids)),
              coalesce(cardinality(p_judged_versions), cardinality(p_ids)),
              coalesce(cardinality(p_known_by), cardinality(p_ids)),
              coalesce(cardinality(p_may_free), cardinality(p_ids))]
        <> array_fill(cardinality(p_ids), array[11]) then
    raise exception 'changes come as arrays of the same length, 1 to 1000' using errcode = 'invalid_parameter_value';
  elsif not p_actions <@ array['confirm', 'cancel', 'decline', 'extend', 'arrive', 'complete', 'no_show', 'reopen',
                                  'link'] then
    raise exception 'actions are confirm, cancel, decline, extend, arrive, complete, no_show, reopen and link, not %',
      p_actions
      using errcode = 'invalid_parameter_value';
  elsif 'link' = any (p_actions)
        and exists (select from unnest(p_actions, p_actor_ids) i(action, actor_id) where i.action = 'link'
                      and i.actor_id is null) then
    raise exception 'a booking is linked to the account that acts, which is missing'
      using errcode = 'invalid_parameter_value';
  end if;
  if p_known_by is not null then
    v_judged := array(select b from bookings_by_id(p_clinic_nos, p_ids) b);
    select visits_at_once(p_clinic_nos, array_agg(q.slot_id order by q.n), array_agg(q.known_by order by q.n),
                          array_agg(q.patient order by q.n), array_agg(q.account_id order by q.n), p_ids)
      into v_refusals
      from (
        select i.n, b.slot_id, coalesce(p_patients[i.n], b.patient) as patient,
               case p_known_by[i.n] when 'account' then p_actor_ids[i.n] else b.account_id end as account_id,
               case when p_actions[i.n] <> 'confirm' then null
                    when p_known_by[i.n] <> 'holder' then p_known_by[i.n]
                    -- Otherwise an e-mail had the hold's token, and its recipient may be a stranger.
                    when b.waitlist_entry_id is null
                         and not exists (select from booking_event e
                                          where e.clinic_no = b.clinic_no and e.booking_id = b.id
                                            and e.booking_id >= recent_ids() and e.type = 'link_requested')
                      then 'account' end as known_by
          from generate_subscripts(p_ids, 1) i(n)
          left join unnest(v_judged) b on b.clinic_no = p_clinic_nos[i.n] and b.id = p_ids[i.n]) q;
  end if;
  if 'confirm' = any (p_actions) and false = any (p_on_behalf)
     and (p_may_free is null or true = any (p_may_free)) then
    v_may_ask := exists (select from visit_type t
                          where t.clinic_no = any (p_clinic_nos) and t.approval = 'not_holding');
  end if;
  if v_may_ask or p_actions && array['cancel', 'decline'] then
    select array_agg(b.clinic_no), array_agg(b.slot_id) into v_slot_clinic_nos, v_slot_ids
      from unnest(p_clinic_nos, p_ids, p_actions, p_on_behalf, p_may_free) i(clinic_no, id, action, on_behalf, may_free)
      join bookings_by_id(p_clinic_nos, p_ids) b on b.clinic_no = i.clinic_no and b.id = i.id
     where i.action in ('cancel', 'decline')
        or v_may_ask and i.action = 'confirm' and not i.on_behalf and i.may_free is not false
           and exists (select from slot s
                         join visit_type t on t.clinic_no = s.clinic_no and t.id = s.visit_type_id
                        where s.clinic_no = b.clinic_no and s.id = b.slot_id and t.approval = 'not_holding');
    select array_agg(q.id) into v_locked_slot_ids
      from (select s.id
              from slot s
             where (s.clinic_no, s.id) in (select u.clinic_no, u.slot_id
                                           from unnest(v_slot_clinic_nos, v_slot_ids) u(clinic_no, slot_id))
             order by s.clinic_no, s.id
               for update) q;
  end if;
  v_bookings := lock_bookings(p_clinic_nos, p_ids);
  if v_slot_ids is not null then
    v_is_awaited := lock_waitlists(v_slot_clinic_nos);
  end if;
  if p_known_by is not null then
    v_refusals := array(
      select case when p_known_by[i.n] is not null and j is distinct from b then 'retry' else v_refusals[i.n] end
        from generate_subscripts(p_ids, 1) i(n)
        left join unnest(v_judged) j on j.clinic_no = p_clinic_nos[i.n] and j.id = p_ids[i.n]
        left join unnest(v_bookings) b on b.clinic_no = p_clinic_nos[i.n] and b.id = p_ids[i.n]
       order by i.n);
  end if;
  v_now := clock_timestamp();

  with verdict as (
    select i.*, b.slot_id, b.resource_id, b.units, b.version, b.appointment_type, b.waitlist_entry_id,
           greatest(v_now, b.updated_at) as at,
           case when i.judged_version <> b.version then 'booking_changed' else 'done' end as judged,
           r.approval_minutes is not null as asks, f.frees,
           case when r.approval = 'not_holding' then b.slot_id end as asked_slot_id,
           case when b.id is null then 'booking_missing'
                when i.action <> 'link' and not has_access(b, i.access) then 'booking_missing'
                when b.erased_at is not null then 'booking_erased'
                when f.needs_slot and (b.slot_id = any (v_locked_slot_ids)) is not true
                  then case when i.action = 'confirm' and p_may_free[i.n] is false then 'needs_slot' else 'retry' end
                when i.action = 'link' then
                  case when b.account_id = i.actor_id then 'unchanged'
                       when b.account_id is not null then 'booking_has_account'
                       when not has_access(b, i.access) then 'booking_missing'
                       else 'done' end
                when i.action = 'reopen' then
                  case when b.status = 'CONFIRMED' then 'unchanged'
                       when b.status in ('ARRIVED', 'NO_SHOW') and s.withdrawn_at is not null
                         then 'slot_closed:withdrawn'
                       when b.status in ('ARRIVED', 'NO_SHOW', 'COMPLETED') then 'done'
                       else 'invalid_transition' end
                when hold_lapsed(b.status, b.hold_expires_at, greatest(v_now, b.updated_at))
                  or b.failure_reason = 'hold_expired' then 'hold_expired'
                when i.action = 'confirm' then
                  confirmation_verdict(
                    b, i.on_behalf, i.patient, coalesce(q.patient, i.patient, b.patient),
                    claim_closed(s.withdrawn_at, s.starts_at, s.ends_at, true, s.blocked_at, v_now),
                    coalesce(q.refusal, v_refusals[i.n]),
                    case when r.approval = 'not_holding' then s.starts_at end, v_now)
                when i.action in ('cancel', 'decline') then
                  case when b.status = 'CANCELLED' then 'unchanged'
                       when b.status <> 'PENDING' and i.action = 'decline' then 'invalid_transition'
                       when b.status = 'ARRIVED' and b.appointment_type = 'case'
                            and has_not_begun(i.clinic_no, i.id, b.status) then 'done'
                       when b.status not in ('PENDING', 'CONFIRMED') then 'invalid_transition'
                       when b.status = 'CONFIRMED' and not i.on_behalf
                         and v_now > s.starts_at - c.cancellation_deadline then 'past_deadline'
                       else 'done' end
                when i.action = 'extend' then
                  case when b.status <> 'PENDING' then 'invalid_transition'
                       when b.waitlist_entry_id is not null or b.requested_at is not null then 'already_extended'
                       when c.hold_extensions_max <= extensions_of(b.clinic_no, b.id) then 'already_extended'
                       when extensions_of(b.clinic_no, b.id) > 0
                            and is_awaited(b.clinic_no, b.slot_id, b.units, v_now) then 'place_awaited'
                       else 'done' end
                when i.action = 'arrive' then
                  case when b.status = 'ARRIVED' then 'unchanged'
                       when b.status <> 'CONFIRMED' then 'invalid_transition'
                       when (v_now at time zone c.timezone)::date < (s.starts_at at time zone c.timezone)::date
                         then 'too_early'
                       else 'done' end
                when i.action = 'complete' then
                  case b.status when 'COMPLETED' then 'unchanged' when 'ARRIVED' then 'done'
                                else 'invalid_transition' end
                when i.action = 'no_show' then
                  case when b.status = 'NO_SHOW' then 'unchanged'
                       when b.status <> 'CONFIRMED' then 'invalid_transition'
                       when v_now < s.starts_at then 'too_early'
                       else 'done' end
                end as verdict,
           date_part('epoch', b.hold_expires_at - v_now) * 1000 as hold_left_ms,
           case when r.approval_minutes is not null
                  then greatest(b.hold_expires_at,
                                least(greatest(v_now, b.updated_at) + make_interval(mins => r.approval_minutes),
                                      s.starts_at))
                when i.action = 'extend' then b.hold_expires_at + make_interval(secs => c.hold_seconds)
                when i.action = 'link' then b.hold_expires_at end as hold_until,
           case i.action when 'confirm' then case when r.approval_minutes is null then 'CONFIRMED' else 'PENDING' end
                         when 'cancel' then 'CANCELLED'
                         when 'decline' then 'CANCELLED' when 'arrive' then 'ARRIVED'
                         when 'complete' then 'COMPLETED' when 'no_show' then 'NO_SHOW'
                         when 'reopen' then case b.status when 'COMPLETED' then 'ARRIVED' else 'CONFIRMED' end
                         else b.status end as status_after,
           case when i.action in ('cancel', 'decline') and b.status = 'PENDING' then 'hold_released'
                else b.failure_reason end as failure_reason_after,
           coalesce(q.patient, i.patient) as answered
      from unnest(p_clinic_nos, p_ids, p_actions, p_actor_ids, p_on_behalf, p_keys, p_reasons, p_patients,
                  p_access, p_judged_versions)
           with ordinality
           i(clinic_no, id, action, actor_id, on_behalf, key, reason, patient, access, judged_version, n)
      left join unnest(v_bookings) b on b.clinic_no = i.clinic_no and b.id = i.id
      left join lateral (select t.starts_at, t.ends_at, t.withdrawn_at, t.blocked_at, t.visit_type_id from slot t
                          where t.clinic_no = i.clinic_no and t.id = b.slot_id limit 1) s on true
      left join lateral (select t.timezone, t.hold_seconds, t.hold_extensions_max,
                         cancellation_deadline(t, s.visit_type_id) as cancellation_deadline
                           from clinic t where t.no = i.clinic_no limit 1) c on true
      left join lateral (select a.patient, a.refusal
                           from answered_patient(i.clinic_no, s.visit_type_id, i.patient, b.patient,
                                                 b.requested_at is null, i.on_behalf, v_now) a
                          where i.action = 'confirm' and (s.visit_type_id is not null or i.patient ? 'answers')) q
        on true
      left join lateral (select t.approval_minutes, t.approval from visit_type t
                          where i.action = 'confirm' and b.waitlist_entry_id is null
                            and t.clinic_no = i.clinic_no and t.id = s.visit_type_id
                            and needs_approval(t.approval, i.on_behalf)
                          limit 1) r on true
     cross join lateral (select i.action in ('cancel', 'decline') or q.asks as needs_slot,
                                i.action in ('cancel', 'decline') or q.asks and b.units = 1 as frees
                           from (select r.approval = 'not_holding' and b.status = 'PENDING'
                                        and b.requested_at is null) q(asks)) f
  ), checked as (
    -- Looked up only where the key decides: a repetition that would be refused or, after another change, made again.
    select v.*,
           case when v.verdict in ('booking_missing', 'booking_erased', 'retry', 'hold_expired', 'unchanged')
                  then v.verdict
                when v.verdict = 'done' and v.action in ('confirm', 'cancel', 'decline', 'link') then v.judged
                when is_repeated(v.clinic_no, v.id, v.key, v_now) then 'unchanged'
                when v.verdict = 'done' then v.judged
                else v.verdict end as result
      from verdict v
  ), ordered as (
    select a.*, min(a.n) filter (where a.result = 'done') over (partition by a.clinic_no, a.id) as first_done,
           min(a.n) filter (where a.result = 'done') over (partition by a.clinic_no, a.asked_slot_id) as first_asked
      from checked a
  ), decided as materialized (
    select t.*, case when t.first_done <> t.n then 'retry'
                     when t.result = 'done' and t.asked_slot_id is not null and t.first_asked <> t.n then 'retry'
                     else t.result end as outcome
      from ordered t
  ), changed as materialized (
    select c.*
      from (select array_agg(j.clinic_no) as clinic_nos, array_agg(j.id) as ids,
                   array_agg(j.status_after) as statuses, array_agg(j.failure_reason_after) as failure_reasons,
                   array_agg(j.hold_until) as holds_until,
                   array_agg(case when j.action = 'link' then j.actor_id end) as account_ids,
                   array_agg(case when j.action = 'extend' then coalesce(j.key, gen_random_uuid()) end)
                     as extended_by,
                   array_agg(case when j.action = 'confirm' then j.answered end) as patients,
                   array_agg(case when j.action = 'confirm' then j.reason end) as reasons,
                   array_agg(case when j.action in ('cancel', 'decline') then j.reason end) as cancellation_reasons,
                   array_agg(j.at) as ats, array_agg(j.asks) as asked,
                   array_agg(case when j.asks and j.frees then 0 end) as units
              from decided j where j.outcome = 'done') d
     cross join lateral change_bookings(d.clinic_nos, d.ids, d.statuses, d.failure_reasons, d.holds_until,
                                        d.account_ids, d.extended_by, d.patients, d.reasons,
                                        d.cancellation_reasons, null, null, d.ats, null, d.asked, d.units) c
  ), logged as (
    insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, hold_expires_at,
                               reason, actor_id, status_after, request_key, booking_digest)
    select j.clinic_no, j.id, j.version + 1, j.at,
           case j.action when 'confirm' then case when j.asks then 'requested' else 'confirmed' end
                         when 'cancel' then 'cancelled'
                         when 'decline' then 'cancelled' when 'extend' then 'extended'
                         when 'arrive' then 'arrived' when 'complete' then 'completed' when 'no_show' then 'no_show'
                         when 'reopen' then 'reopened' when 'link' then 'linked' end,
           j.slot_id, j.resource_id, c.units, j.hold_until,
           case when j.action in ('cancel', 'decline', 'link') then j.failure_reason_after end,
           j.actor_id, case when j.action in ('reopen', 'link') then j.status_after end, j.key,
           booking_digest(c.account_id, c.appointment_type, c.patient, c.reason, c.cancellation_reason)
      from decided j
      join changed c on c.clinic_no = j.clinic_no and c.id = j.id
     where j.outcome = 'done'
  ), freed as (
    update slot t set taken = t.taken - f.units
      from (select j.clinic_no, j.slot_id, sum(j.units)::integer as units
              from decided j where j.outcome = 'done' and j.frees
             group by j.clinic_no, j.slot_id) f
     where t.clinic_no = f.clinic_no and t.id = f.slot_id
    returning t.clinic_no, t.id, t.taken, t.takes
  )
  select array_agg(j.outcome order by j.n),
         array_agg(case when j.outcome = 'done' and j.action in ('confirm', 'extend') then j.hold_left_ms end
                   order by j.n),
         (select array_agg(c::booking) from changed c),
         array_agg(j.clinic_no) filter (where j.outcome = 'done' and j.action in ('cancel', 'decline')
                                          and j.appointment_type = 'case'),
         array_agg(j.id) filter (where j.outcome = 'done' and j.action in ('cancel', 'decline')
                                   and j.appointment_type = 'case'),
         array_agg(j.clinic_no) filter (where j.outcome = 'done' and j.action = 'confirm'
                                          and j.appointment_type = 'case'),
         array_agg(j.id) filter (where j.outcome = 'done' and j.action = 'confirm' and j.appointment_type = 'case'),
         array_agg(j.clinic_no) filter (where j.outcome = 'done' and j.waitlist_entry_id is not null),
         array_agg(j.id) filter (where j.outcome = 'done' and j.waitlist_entry_id is not null),
         array_agg(case j.action when 'confirm' then 'accepted' when 'cancel' then 'declined'
                                when 'decline' then 'declined' end)
           filter (where j.outcome = 'done' and j.waitlist_entry_id is not null),
         array_agg(j.at) filter (where j.outcome = 'done' and j.waitlist_entry_id is not null),
         array_agg(j.clinic_no) filter (where j.outcome = 'done' and j.frees and j.units > 0),
         array_agg(j.slot_id) filter (where j.outcome = 'done' and j.frees and j.units > 0),
         array_agg(j.outcome = 'done' and j.frees order by j.n),
         (select array_agg(f.clinic_no) from freed f where f.takes is not null and f.taken = 0),
         (select array_agg(f.id) from freed f where f.takes is not null and f.taken = 0)
    into v_outcomes, v_holds_left_ms, v_changed, v_case_clinic_nos, v_case_ids, v_planned_clinic_nos, v_planned_ids,
         v_offer_clinic_nos, v_offer_ids, v_offer_outcomes, v_offer_ats, v_freed_clinic_nos, v_freed_slot_ids,
         v_frees, v_left_clinic_nos, v_left_slot_ids
    from decided j;
  if v_case_ids is not null or v_left_slot_ids is not null then
    perform release_allocations(v_case_clinic_nos || v_left_clinic_nos, v_case_ids || v_left_slot_ids);
  end if;
  if v_planned_ids is not null then
    perform plan_requests(v_planned_clinic_nos, v_planned_ids);
  end if;
  if v_offer_ids is not null then
    perform close_offers(v_offer_clinic_nos, v_offer_ids, v_offer_outcomes, v_offer_ats);
  end if;
  if v_is_awaited and v_freed_slot_ids is not null then
    perform offer_places(v_freed_clinic_nos, v_freed_slot_ids);
  end if;
  if cardinality(v_changed) = cardinality(v_bookings) then
    v_bookings := v_changed;
  elsif v_changed is not null then
    select array_agg(coalesce(c, b)) into v_bookings
      from unnest(v_bookings) b left join unnest(v_changed) c on c.clinic_no = b.clinic_no and c.id = b.id;
  end if;

  if late_ids(v_now) > any (p_ids) then
    perform note_late_events(p_clinic_nos, p_ids, v_now);
  end if;
  -- The bookings are locked, and the slots of cancelled ones: the rows are as this call left them.
  return query
  select i.n::integer, i.outcome,
         case i.outcome when 'done' then pg_current_xact_id()
                        when 'unchanged' then (select l.tx from last_change(i.clinic_no, i.id) l) end, e.*,
         case when i.is_freed then a.available end, case when i.is_freed then a.lapses_in_ms end,
         case when i.is_freed then pg_current_snapshot() end, i.hold_left_ms
    from unnest(p_clinic_nos, p_ids, v_frees, v_outcomes, v_holds_left_ms) with ordinality
         i(clinic_no, id, is_freed, outcome, hold_left_ms, n)
    left join unnest(v_bookings) b on b.clinic_no = i.clinic_no and b.id = i.id
    left join lateral (select t.starts_at, t.ends_at, t.visit_type_id, t.session_id, t.capacity, t.taken,
                               t.next_lapse, t.withdrawn_at, t.blocked_at
                          from slot t
                        where t.clinic_no = i.clinic_no and t.id = b.slot_id limit 1) s on true
   cross join lateral announced_units(s.withdrawn_at, s.blocked_at, s.capacity, s.taken, s.next_lapse, v_now) a
    left join lateral (select t.id from clinic t where t.no = i.clinic_no limit 1) c on true
   cross join lateral
         with_effective_status(b::booking, s.starts_at, s.ends_at, s.visit_type_id, s.session_id, c.id,
                               greatest(v_now, b.updated_at)) e;
end
$function$;
