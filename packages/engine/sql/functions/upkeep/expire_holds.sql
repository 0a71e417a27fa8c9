-- expire_holds: one step of the sweeper: gives back lapsed holds, at most p_limit (1–1,000), even if nobody wants their
-- slots. It only tidies: a lapsed hold never blocks a claim. Returns how many it gave back; 0: none is left for now,
-- but for those of moving_clinics; null: another session has locked those that are left. It looks at holds that lapsed
-- within the last day (oldest_hold_id), or at those of the month (UTC) of p_month, which nobody has swept in time.
-- p_awaited: only in clinics where somebody waits for a place. There a lapsed hold is not free: it is passed on here
-- (offer_places), unless a claim finds it first. These clinics' holds are few, so that this can be called every other
-- second.
--
-- Locks: as lock_waitlists, skipping moving_clinics, and those whose locks another session has, before p_limit counts;
--   slots with lapsed holds, by (clinic_no, id), skipping those that another session has locked (requests go first);
--   then the lapsed bookings on them, by id, skipping in the same way: one that a hanging transaction has locked must
--   not keep the units of all others. A row that was changed meanwhile can be waited for all the same, in PostgreSQL:
--   for 100 ms, and then this step does nothing.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes.
create or replace function holdfast.expire_holds(
  p_limit integer, p_month timestamptz default null, p_awaited boolean default false
) returns integer
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
-- Planned for the partitions of these days.
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set lock_timeout = '100ms'
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_awaited_nos integer[];
  v_clinic_nos integer[];
  v_slot_ids uuid[];
  v_locked_nos integer[];
  v_moving_nos constant integer[] := moving_clinics();
  v_skipped_nos integer[] := '{}';
  v_booking_clinic_nos integer[]; v_booking_ids uuid[]; v_ats timestamptz[];
  v_from uuid;
  v_month timestamp := date_trunc('month', p_month at time zone 'UTC');
  v_low uuid := coalesce(id_floor(v_month at time zone 'UTC'), oldest_hold_id(v_now - interval '1 day'));
  v_high uuid := coalesce(id_floor((v_month + interval '1 month') at time zone 'UTC'), ids_until(v_now));
begin
  if p_awaited then
    if not exists (select from waitlist_entry e where e.ended_at is null) then
      return 0;
    end if;
    v_awaited_nos := array(select c.no from clinic c
                            where exists (select from waitlist_entry e
                                           where e.clinic_no = c.no and e.ended_at is null));
  end if;
  -- Until no clinic is locked among those found: one with a thousand lapsed holds would fill each step.
  loop
    select array_agg(q.clinic_no), array_agg(q.slot_id) into v_clinic_nos, v_slot_ids
      -- Slots, not holds: one locked slot with thousands of them does not keep the others from being found.
      from (select distinct b.clinic_no, b.slot_id
              from booking b
             where b.id >= v_low and b.id < v_high and hold_seems_lapsed(b.status, b.hold_expires_at, v_now)
               and (not p_awaited or b.clinic_no = any (v_awaited_nos))
               and b.clinic_no <> all (v_moving_nos || v_skipped_nos)
             limit least(greatest(p_limit, 1), 1000)) q;
    -- Taken first, so that one clinic's waitlist does not keep the holds of all others: fail_holds would wait for it.
    select array_agg(c.clinic_no) into v_locked_nos
      from (select distinct i.clinic_no from unnest(v_clinic_nos) i(clinic_no)) c
     where not try_lock_waitlist(c.clinic_no);
    exit when v_locked_nos is null;
    v_skipped_nos := v_skipped_nos || v_locked_nos;
  end loop;
  if v_slot_ids is null then
    return case when v_skipped_nos = '{}' then 0 end;
  end if;
  select array_agg(q.clinic_no), array_agg(q.id) into v_clinic_nos, v_slot_ids
    from (select s.clinic_no, s.id
            from slot s
           where (s.clinic_no, s.id) in (select u.clinic_no, u.slot_id
                                         from unnest(v_clinic_nos, v_slot_ids) u(clinic_no, slot_id))
           order by s.clinic_no, s.id
             for update skip locked) q;
  if v_slot_ids is null then
    return null;
  end if;
  v_now := clock_timestamp();
  -- The same as in lapse_holds.
  select array_agg(q.clinic_no), array_agg(q.id), array_agg(greatest(v_now, q.updated_at))
    into v_booking_clinic_nos, v_booking_ids, v_ats
    from (select b.clinic_no, b.id, b.updated_at
            from booking b
           where (b.clinic_no, b.slot_id) in (select u.clinic_no, u.slot_id
                                              from unnest(v_clinic_nos, v_slot_ids) u(clinic_no, slot_id))
             and b.id >= v_low and b.id < v_high and hold_lapsed(b.status, b.hold_expires_at, v_now)
           order by b.id
           limit 1000
             for update skip locked) q;
  select oldest_hold_id(min(s.next_lapse)) into v_from
    from slot s
   where (s.clinic_no, s.id) in (select u.clinic_no, u.slot_id
                                 from unnest(v_clinic_nos, v_slot_ids) u(clinic_no, slot_id));
  perform fail_holds(v_booking_clinic_nos, v_booking_ids, v_ats, v_clinic_nos, v_slot_ids, v_from);
  return cardinality(v_booking_ids);
exception
  when lock_not_available then
    return null;
end
$function$;
