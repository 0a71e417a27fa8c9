-- verify_log: reads a clinic's log booking by booking, checks each step, rebuilds every booking from it and compares.
--
-- Findings: event_missing (a booking without events, or with a later version than its log) | event_gap (versions are
--   not 1, 2, 3 …) | illegal_transition (a transition that does not exist; a change of slot or resource without a move;
--   an end of a hold, a reason or a slot before it in an event that has none, or a hold without its end; a change of
--   units; a step back in time or in seq; a seq that the sequence has not reached, or of two events of the clinic; a
--   transaction that has not begun; a hold confirmed, requested, extended or moved after its end, or expired before it;
--   an end with a reason that its status before does not allow: a confirmed booking fails only with its slot, and what
--   was never confirmed is released; a time that was taken from anything but a request that holds nothing; an
--   appointment that was bumped; a link that changed more than the account; a second link without a corrected contact
--   between; a digest that is missing after an event with one, or before one, or in the last event; one that was
--   changed by an event that changes no details; a change made twice under one key within 24 hours; a booking that was
--   requested twice, or extended or moved while it was a request; one that was erased twice, or without a digest, or
--   whose earlier events still have digests) | state_differs (the row differs from its log, or is missing; its account
--   is neither the one that booked nor the one that it was linked to last, which it may have lost by a corrected
--   contact since, nor one of a former booking that the desk has given it, with the digest of it in the last event; its
--   account, type, patient and reasons do not have the digest in its last event; it was extended and its log does not
--   say so, or the other way round, or by another key; the same for its erasure, its request and the confirmation of
--   its attendance).
-- Findings do not name accounts: an admin reads them, and does not need to know whose booking it is.
-- Locks: none; it reads the caller's snapshot (stable). Internal: called by verify_clinic.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.verify_log(p_clinic_no integer)
returns table (kind text, slot_id uuid, booking_id uuid, message text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set timezone = 'UTC'
set jit = off
set enable_nestloop = off
as $function$
  with event as (
    select e.*,
           coalesce(e.status_after, case e.type
             when 'held' then 'PENDING' when 'offered' then 'PENDING' when 'extended' then 'PENDING'
             when 'link_requested' then 'PENDING' when 'requested' then 'PENDING'
             when 'confirmed' then 'CONFIRMED' when 'attendance_confirmed' then 'CONFIRMED'
             when 'attendance_withdrawn' then 'CONFIRMED'
             when 'moved' then case when e.hold_expires_at is null then 'CONFIRMED' else 'PENDING' end
             when 'cancelled' then 'CANCELLED' when 'failed' then 'FAILED' when 'arrived' then 'ARRIVED'
             when 'completed' then 'COMPLETED' when 'no_show' then 'NO_SHOW' else 'nothing' end) as status
      from booking_event e
     where e.clinic_no = p_clinic_no
  ), step as (
    select e.booking_id, e.version, e.at, e.type, e.status, e.slot_id, e.resource_id, e.units, e.hold_expires_at,
           e.from_slot_id, e.reason, row_number() over w as place, lead(e.version) over w is null as is_last,
           lag(e.version) over w as was_version, lag(e.status) over w as was_status,
           lag(e.slot_id) over w as was_slot_id, lag(e.resource_id) over w as was_resource_id,
           lag(e.units) over w as was_units, lag(e.at) over w as was_at,
           lag(e.hold_expires_at) over w as was_hold_expires_at,
           lag(e.reason) over w as was_reason, e.xid, e.seq, lag(e.seq) over w as was_seq,
           e.booking_digest, lag(e.booking_digest) over w as was_digest,
           coalesce(e.case_details ? 'allocations', false) as is_placed,
           first_value(e.case_details is not null) over w as is_case,
           first_value(e.at) over w as first_at, first_value(e.actor_id) over w as first_actor_id,
           case when e.status = 'PENDING' and e.hold_expires_at is null then 'without the end of its hold'
                when e.status <> 'PENDING' and e.hold_expires_at is not null then 'with the end of a hold'
                when e.type <> 'moved' and e.from_slot_id is not null then 'from another slot, without a move'
                when e.reason is not null and e.status not in ('CANCELLED', 'FAILED') then 'with a reason of its end'
           end as misfit
      from event e
    window w as (partition by e.booking_id order by e.version)
  ), judged as materialized (
    -- Only faulty steps and each booking's last step are returned; after a gap a step cannot be checked.
    select s.*
      from (select s.*, case
              when s.xid >= pg_snapshot_xmax(pg_current_snapshot())
                then format('%s by transaction %s, which has not begun', s.type, s.xid)
              when s.seq < 1
                or s.seq > coalesce(pg_sequence_last_value('booking_event_seq'), 0)
                then format('%s has seq %s, which the sequence has not reached', s.type, s.seq)
              when s.version = 1 and s.type in ('held', 'offered', 'confirmed') then s.type || ' ' || s.misfit
              when s.version <> coalesce(s.was_version, 0) + 1 then null
              when s.type not in ('linked', 'corrected', 'contact_corrected', 'consent_withdrawn', 'answers_corrected',
                                  'erased')
                and (coalesce(s.was_status, 'nothing'), s.type, s.status) not in (
                     ('PENDING', 'confirmed', 'CONFIRMED'), ('PENDING', 'extended', 'PENDING'),
                     ('PENDING', 'link_requested', 'PENDING'), ('PENDING', 'requested', 'PENDING'),
                     ('PENDING', 'moved', 'PENDING'), ('PENDING', 'cancelled', 'CANCELLED'),
                     ('PENDING', 'failed', 'FAILED'), ('CONFIRMED', 'moved', 'CONFIRMED'),
                     ('CONFIRMED', 'cancelled', 'CANCELLED'), ('CONFIRMED', 'failed', 'FAILED'),
                     ('CONFIRMED', 'attendance_confirmed', 'CONFIRMED'),
                     ('CONFIRMED', 'attendance_withdrawn', 'CONFIRMED'),
                     ('CONFIRMED', 'arrived', 'ARRIVED'), ('CONFIRMED', 'no_show', 'NO_SHOW'),
                     ('ARRIVED', 'completed', 'COMPLETED'), ('ARRIVED', 'reopened', 'CONFIRMED'),
                     ('NO_SHOW', 'reopened', 'CONFIRMED'), ('COMPLETED', 'reopened', 'ARRIVED'),
                     -- Changes of cases: a milestone can be corrected, and removed.
                     ('CONFIRMED', 'milestone', 'CONFIRMED'), ('CONFIRMED', 'milestone', 'ARRIVED'),
                     ('CONFIRMED', 'milestone', 'COMPLETED'), ('ARRIVED', 'milestone', 'CONFIRMED'),
                     ('ARRIVED', 'milestone', 'ARRIVED'), ('ARRIVED', 'milestone', 'COMPLETED'),
                     ('COMPLETED', 'milestone', 'CONFIRMED'), ('COMPLETED', 'milestone', 'ARRIVED'),
                     ('COMPLETED', 'milestone', 'COMPLETED'), ('CONFIRMED', 'prolonged', 'CONFIRMED'),
                     ('ARRIVED', 'prolonged', 'ARRIVED'),
                     -- Until the patient is in the room.
                     ('ARRIVED', 'moved', 'ARRIVED'), ('ARRIVED', 'cancelled', 'CANCELLED'))
                   or s.was_status = 'ARRIVED' and s.type in ('moved', 'cancelled') and not s.is_case
                then format('%s%s after %s', s.type, case when s.type = 'reopened' then ' to ' || s.status end,
                            coalesce(s.was_status, 'nothing'))
              when s.type in ('linked', 'corrected', 'contact_corrected', 'consent_withdrawn', 'answers_corrected',
                              'erased')
                and (s.status, s.hold_expires_at, s.reason) is distinct from
                    (s.was_status, s.was_hold_expires_at, s.was_reason)
                then format('%s as %s after %s, with more changed than its %s', s.type, s.status,
                            coalesce(s.was_status, 'nothing'),
                            case s.type when 'linked' then 'account' else 'patient' end)
              when s.type = 'erased' and s.was_digest is not null
                then 'erased, and an event before it has a digest of the patient'
              when s.type = 'erased' and s.booking_digest is null then 'erased without a digest of what is left'
              when s.seq <= s.was_seq then format('%s has seq %s, its predecessor %s', s.type, s.seq, s.was_seq)
              when s.at < s.was_at then format('%s at %s, before its predecessor at %s', s.type, s.at, s.was_at)
              -- A case may take longer in its new place, and takes less if it ended early, until that is corrected.
              -- A request that holds nothing gives its unit back, and gets one in the slot of its approval.
              when s.units <> s.was_units and not (s.type in ('moved', 'milestone', 'prolonged') and s.is_placed)
                and not (s.type = 'requested' and s.was_units = 1 and s.units = 0)
                and not (s.type = 'confirmed' and s.was_units = 0 and s.units = 1)
                then format('%s changed its units from %s to %s', s.type, s.was_units, s.units)
              when s.type = 'moved' and s.from_slot_id is distinct from s.was_slot_id
                then format('moved from slot %s, where it was not', s.from_slot_id)
              when s.type = 'confirmed' and s.units = 0 and not s.is_case then 'confirmed without a unit'
              when s.type <> 'moved' and s.slot_id <> s.was_slot_id
                and not (s.type = 'confirmed' and s.was_units = 0)
                then format('%s changed its slot', s.type)
              when s.type <> 'moved' and s.resource_id <> s.was_resource_id
                then format('%s changed its resource', s.type)
              when s.type = 'moved'
                and s.was_resource_id <> (select f.resource_id from slot f
                                           where f.clinic_no = p_clinic_no and f.id = s.from_slot_id)
                then format('moved from a slot that is not of resource %s, where it was', s.was_resource_id)
              -- A link, a correction or a withdrawn consent may come later.
              when s.type in ('confirmed', 'extended', 'link_requested', 'requested', 'moved')
                and s.at >= s.was_hold_expires_at
                then format('%s at %s, after its hold ended at %s', s.type, s.at, s.was_hold_expires_at)
              when s.reason = 'hold_expired' and s.at < s.was_hold_expires_at
                then format('expired at %s, before its hold ended at %s', s.at, s.was_hold_expires_at)
              when s.type in ('failed', 'cancelled')
                and ((s.was_status, s.type, coalesce(s.reason, 'none')) not in (
                     ('PENDING', 'failed', 'hold_expired'), ('PENDING', 'failed', 'slot_withdrawn'),
                     ('PENDING', 'failed', 'slot_closed'), ('PENDING', 'failed', 'system_error'),
                     ('PENDING', 'cancelled', 'hold_released'), ('PENDING', 'cancelled', 'time_taken'),
                     ('PENDING', 'cancelled', 'bumped'), ('CONFIRMED', 'failed', 'slot_withdrawn'),
                     ('CONFIRMED', 'cancelled', 'none'), ('CONFIRMED', 'cancelled', 'bumped'),
                     ('ARRIVED', 'cancelled', 'none'), ('ARRIVED', 'cancelled', 'bumped'))
                     -- Only a request that holds nothing has no units, but for a case that was over before its plan.
                     or s.reason = 'time_taken' and (s.units > 0 or s.is_case)
                     or s.reason = 'bumped' and not s.is_case)
                then format('%s after %s, with %s units and the reason %s', s.type, s.was_status, s.units,
                            coalesce(s.reason, 'none'))
              -- The events before an erasure have none.
              when s.booking_digest is null and s.was_digest is not null
                then format('%s without a digest, after an event with one', s.type)
              when s.booking_digest is not null and s.was_digest is null and s.type <> 'erased'
                then format('%s with a digest, after an event without one', s.type)
              when s.type not in ('confirmed', 'link_requested', 'requested', 'cancelled', 'linked', 'corrected',
                                  'contact_corrected', 'consent_withdrawn', 'answers_corrected', 'erased')
                and s.booking_digest <> s.was_digest
                -- A move to a time of a visit type may come with answers.
                and not (s.type = 'moved'
                         and exists (select from slot t where t.clinic_no = p_clinic_no and t.id = s.slot_id
                                                         and t.visit_type_id is not null))
                then format('%s changed the account, type, patient or reasons', s.type)
              else s.type || ' ' || s.misfit
            end as fault
              from step s) s
     where s.fault is not null or s.is_last
  ), marked as (
    -- `corrections`: after how many corrected contacts, each of which may have taken the account off, it was linked.
    select e.booking_id, array_agg(e.actor_id order by e.version) filter (where e.type = 'linked') as accounts,
           count(*) filter (where e.type = 'linked')
             > count(distinct e.corrections) filter (where e.type = 'linked') as is_linked_twice,
           max(e.version) filter (where e.type = 'linked')
             < max(e.version) filter (where e.type = 'contact_corrected') as may_have_lost_account,
           count(*) filter (where e.type = 'erased') as erasures,
           min(e.at) filter (where e.type = 'erased') as erased_at
      from (select e.booking_id, e.version, e.type, e.at, e.actor_id,
                   count(*) filter (where e.type = 'contact_corrected')
                     over (partition by e.booking_id order by e.version) as corrections
              from booking_event e
             where e.clinic_no = p_clinic_no and e.type in ('linked', 'contact_corrected', 'erased')) e
     group by e.booking_id
  ), extended as (
    -- A null among the keys: an erasure has removed it.
    select e.booking_id, array_agg(e.request_key) as keys
      from booking_event e
     where e.clinic_no = p_clinic_no and e.type = 'extended'
     group by e.booking_id
  ), attended as (
    -- The last one that neither a move nor a withdrawal has removed.
    select distinct on (e.booking_id) e.booking_id, case e.type when 'attendance_confirmed' then e.at end as at
      from booking_event e
     where e.clinic_no = p_clinic_no and e.type in ('attendance_confirmed', 'attendance_withdrawn', 'moved')
     order by e.booking_id, e.version desc
  ), requested as (
    select e.booking_id, max(e.at) as at, min(e.version) as version, count(*) as times
      from booking_event e
     where e.clinic_no = p_clinic_no and e.type = 'requested'
     group by e.booking_id
  ), unanswered as (
    -- Only a hold that is no request yet is extended, moved, or gets another link.
    select e.booking_id, e.slot_id, e.version, e.type
      from requested r
      join booking_event e on e.clinic_no = p_clinic_no and e.booking_id = r.booking_id and e.version > r.version
     where e.type in ('extended', 'link_requested') or e.type = 'moved' and e.hold_expires_at is not null
  ), repeated as (
    select e.booking_id, e.type, count(*) as times
      from booking_event e
     where e.clinic_no = p_clinic_no and e.request_key is not null
     group by e.booking_id, e.request_key, e.type
    having count(*) > 1 and max(e.at) - min(e.at) < interval '24 hours'
  ), shared as (
    select e.seq
      from booking_event e
     where e.clinic_no = p_clinic_no
     group by e.seq
    having count(*) > 1
  ), rebuilt as (
    select coalesce(b.id, e.booking_id) as booking_id, coalesce(b.slot_id, e.slot_id) as slot_id,
           b.id is not null as has_row, e.booking_id is not null as has_log,
           b.version as row_version, e.version as log_version, e.place as log_length, cardinality(l.accounts) as links,
           l.is_linked_twice, l.erasures, q.times as requests,
           l.erased_at is null and array_position(l.accounts, null) is not null as links_nobody,
           concat_ws(', ',
             case when b.status <> e.status then format('status is %s, by its log %s', b.status, e.status) end,
             case when b.slot_id <> e.slot_id then format('slot is %s, by its log %s', b.slot_id, e.slot_id) end,
             case when b.resource_id <> e.resource_id
                  then format('resource is %s, by its log %s', b.resource_id, e.resource_id) end,
             case when b.units <> e.units then format('units are %s, by its log %s', b.units, e.units) end,
             case when b.hold_expires_at is distinct from e.hold_expires_at
                  then format('hold_expires_at is %s, by its log %s', coalesce(b.hold_expires_at::text, 'null'),
                              coalesce(e.hold_expires_at::text, 'null')) end,
             case when b.failure_reason is distinct from e.reason
                  then format('failure_reason is %s, by its log %s', coalesce(b.failure_reason, 'null'),
                              coalesce(e.reason, 'null')) end,
             case when b.created_at <> e.first_at
                  then format('created_at is %s, by its log %s', b.created_at, e.first_at) end,
             case when b.updated_at <> e.at then format('updated_at is %s, by its log %s', b.updated_at, e.at) end,
             case when b.erased_at is distinct from l.erased_at
                  then format('erased_at is %s, by its log %s', coalesce(b.erased_at::text, 'null'),
                              coalesce(l.erased_at::text, 'null')) end,
             case when b.account_id is distinct from a.account_id then 'account is not the one in its log'
                  when d.digest <> e.booking_digest
                  then 'account, type, patient or reasons are not those in its log'
                  when e.booking_digest is null
                  then 'its last event has no digest of account, type, patient and reasons' end,
             case when b.extended_by is null and x.keys is not null then 'its log has an extension, and it has none'
                  when b.extended_by is not null and x.keys is null then 'it was extended, and its log does not say so'
                  when b.extended_by <> all (x.keys) then 'it was extended by another key than its log says' end,
             case when b.attendance_confirmed_at is distinct from n.at
                  then format('attendance_confirmed_at is %s, by its log %s',
                              coalesce(b.attendance_confirmed_at::text, 'null'), coalesce(n.at::text, 'null')) end,
             case when b.requested_at is distinct from q.at
                  then format('requested_at is %s, by its log %s', coalesce(b.requested_at::text, 'null'),
                              coalesce(q.at::text, 'null')) end
             ) as differences
      from (select * from booking where clinic_no = p_clinic_no) b
      full join (select * from judged where is_last) e on e.booking_id = b.id
      left join marked l on l.booking_id = e.booking_id
      left join extended x on x.booking_id = e.booking_id
      left join attended n on n.booking_id = e.booking_id
      left join requested q on q.booking_id = e.booking_id
     cross join lateral (select booking_digest(b.account_id, b.appointment_type, b.patient, b.reason,
                                               b.cancellation_reason) as digest) d
      -- The first event names who booked: the booking's account, or somebody on behalf of a patient. That the patient
      -- has got the account of a former booking is only in the digest.
     cross join lateral (select case when b.account_id is not null or l.may_have_lost_account is not true
                                     then coalesce(l.accounts[cardinality(l.accounts)],
                                                   case when b.account_id is null then null
                                                        when d.digest = e.booking_digest
                                                             and e.first_actor_id is not null then b.account_id
                                                        else e.first_actor_id end)
                                     end as account_id) a
     -- Few rows are left here; messages are built for these only.
     where (b.version, e.place, b.status, b.slot_id, b.resource_id, b.units, b.hold_expires_at, b.failure_reason,
            b.account_id)
           is distinct from
           (e.version, e.version, e.status, e.slot_id, e.resource_id, e.units, e.hold_expires_at, e.reason,
            a.account_id)
        or (b.created_at, b.updated_at) <> (e.first_at, e.at)
        or d.digest <> e.booking_digest
        or e.booking_digest is null
        or b.erased_at is distinct from l.erased_at
        or l.is_linked_twice or l.erasures > 1
        or l.erased_at is null and array_position(l.accounts, null) is not null
        or (b.extended_by is null) <> (x.keys is null)
        or b.extended_by <> all (x.keys)
        or b.attendance_confirmed_at is distinct from n.at
        or b.requested_at is distinct from q.at or q.times > 1
  )
  select 'illegal_transition', j.slot_id, j.booking_id, format('version %s: %s', j.version, j.fault)
    from judged j
   where j.fault is not null
  union all
  select 'illegal_transition', u.slot_id, u.booking_id,
         format('version %s: %s after it was requested', u.version, u.type)
    from unanswered u
  union all
  select 'illegal_transition', null, r.booking_id, format('%s %s times under one key', r.type, r.times)
    from repeated r
  union all
  select 'illegal_transition', e.slot_id, e.booking_id,
         format('version %s: %s has seq %s, as another event', e.version, e.type, e.seq)
    from booking_event e
    join shared using (seq)
   where e.clinic_no = p_clinic_no
  union all
  select f.kind, r.slot_id, r.booking_id, f.message
    from rebuilt r
   cross join lateral (values
      ('event_missing', r.has_row and not r.has_log, 'it has no events'),
      ('event_missing', r.row_version > r.log_version,
       format('it is at version %s, its log ends at %s', r.row_version, r.log_version)),
      ('event_gap', r.log_length <> r.log_version,
       format('its log has %s events and ends at version %s', r.log_length, r.log_version)),
      ('illegal_transition', r.is_linked_twice, format('it was linked %s times', r.links)),
      ('illegal_transition', r.links_nobody, 'it was linked to no account'),
      ('illegal_transition', r.erasures > 1, format('it was erased %s times', r.erasures)),
      ('illegal_transition', r.requests > 1, format('it was requested %s times', r.requests)),
      ('state_differs', r.has_log and not r.has_row, 'its log is there, and the booking is not'),
      ('state_differs', r.row_version < r.log_version,
       format('it is at version %s, its log ends at %s', r.row_version, r.log_version)),
      -- A booking with a later version than its log was reported above.
      ('state_differs', r.has_row and r.row_version <= r.log_version and r.differences <> '', r.differences)
   ) f (kind, found, message)
   where f.found
$function$;
