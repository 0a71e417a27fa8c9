-- fail_holds: gives back the units of holds that the caller has locked and found lapsed: each becomes FAILED
-- `hold_expired` at its time in p_ats, with its event, and its slot's taken is corrected. next_lapse is computed anew
-- for all the slots named (p_slot_clinic_nos, p_slot_ids), which the caller has locked too. p_from: the oldest_hold_id
-- of these slots' earliest next_lapse (null: none has one). Then the units go to those who wait for them, if somebody
-- does (offer_places). The slot of a hold without units (docs/decisions/0044) is not touched. p_reasons: other reasons
-- than `hold_expired`, for holds that the clinic ends (withdraw_offers).
--
-- Internal: the application's role may not execute it.
-- Locks: none but those of offer_places, and the entries whose offers end after the locks of lock_waitlists.
-- Fails: check_violation if taken would fall below zero.
-- Idempotent: no; it fails every booking it is given.
create or replace function holdfast.fail_holds(
  p_clinic_nos integer[], p_ids uuid[], p_ats timestamptz[], p_slot_clinic_nos integer[], p_slot_ids uuid[],
  p_from uuid, p_reasons text[] default null
) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_count constant integer := coalesce(cardinality(p_ids), 0);
  -- cases, and slots of visits that are empty now
  v_released_clinic_nos integer[]; v_released_ids uuid[];
  v_freed_clinic_nos integer[]; v_freed_ids uuid[];
  v_offer_clinic_nos integer[]; v_offer_ids uuid[]; v_offer_outcomes text[]; v_offer_ats timestamptz[];
begin
  if v_count > 0 then
    with failed as materialized (
      select b.*
        from change_bookings(p_clinic_nos, p_ids, array_fill('FAILED'::text, array[v_count]),
                             coalesce(p_reasons, array_fill('hold_expired'::text, array[v_count])), null, null, null,
                             null, null, null, null, null, p_ats) b
    ), logged as (
      insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, reason,
                                 booking_digest)
      select f.clinic_no, f.id, f.version, f.updated_at, 'failed', f.slot_id, f.resource_id, f.units, f.failure_reason,
             booking_digest(f.account_id, f.appointment_type, f.patient, f.reason, f.cancellation_reason)
        from failed f
    ), freed as (
      update slot t set taken = t.taken - f.units
        from (select f.clinic_no, f.slot_id, sum(f.units)::integer as units
                from failed f where f.units > 0 group by f.clinic_no, f.slot_id) f
       where t.clinic_no = f.clinic_no and t.id = f.slot_id
      returning t.clinic_no, t.id, t.taken, t.takes
    )
    select array_agg(f.clinic_no) filter (where f.appointment_type = 'case')
           || (select array_agg(s.clinic_no) from freed s where s.takes is not null and s.taken = 0),
           array_agg(f.id) filter (where f.appointment_type = 'case')
           || (select array_agg(s.id) from freed s where s.takes is not null and s.taken = 0),
           array_agg(f.clinic_no) filter (where f.waitlist_entry_id is not null),
           array_agg(f.id) filter (where f.waitlist_entry_id is not null),
           array_agg(case f.failure_reason when 'hold_expired' then 'lapsed' else 'withdrawn' end)
             filter (where f.waitlist_entry_id is not null),
           array_agg(f.updated_at) filter (where f.waitlist_entry_id is not null),
           (select array_agg(s.clinic_no) from freed s), (select array_agg(s.id) from freed s)
      into v_released_clinic_nos, v_released_ids, v_offer_clinic_nos, v_offer_ids, v_offer_outcomes, v_offer_ats,
           v_freed_clinic_nos, v_freed_ids
      from failed f;
    if v_released_ids is not null then
      perform release_allocations(v_released_clinic_nos, v_released_ids);
    end if;
    if v_offer_ids is not null then
      -- Before the entries, as everywhere: an erasure that had the lock would wait for them, and offer_places for it.
      perform lock_waitlists(p_slot_clinic_nos);
      perform close_offers(v_offer_clinic_nos, v_offer_ids, v_offer_outcomes, v_offer_ats);
    end if;
    if late_ids(v_now) > any (p_ids) then
      perform note_late_events(p_clinic_nos, p_ids, v_now);
    end if;
  end if;

  if p_from < late_ids(v_now) then
    update slot t set next_lapse = first_hold_end(t.clinic_no, t.id, p_from, v_now)
      from (select distinct u.clinic_no, u.slot_id from unnest(p_slot_clinic_nos, p_slot_ids) u(clinic_no, slot_id)) q
     where t.clinic_no = q.clinic_no and t.id = q.slot_id;
  else
    update slot t
       set next_lapse = (select min(b.hold_expires_at) from booking b
                          where b.clinic_no = t.clinic_no and b.slot_id = t.id and b.status = 'PENDING'
                            and b.id >= recent_ids())
      from (select distinct u.clinic_no, u.slot_id from unnest(p_slot_clinic_nos, p_slot_ids) u(clinic_no, slot_id)) q
     where t.clinic_no = q.clinic_no and t.id = q.slot_id;
  end if;
  if v_count > 0 then
    perform offer_places(v_freed_clinic_nos, v_freed_ids);
  end if;
end
$function$;
