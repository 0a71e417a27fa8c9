-- lapse_holds: gives back the units of lapsed holds on slots that the caller has locked: those bookings become FAILED
-- `hold_expired`, each with its event, and the slots' taken and next_lapse are corrected. At most 1,000 holds a call:
-- one slot with 50,000 of them once delayed its first claim by a second. If more are left, next_lapse <= p_now says so.
--
-- A hold may be linked to an account after p_now was read and before its booking is locked here: it fails no earlier
-- than that, or its log would go back in time.
--
-- Internal: the application's role may not execute it.
-- Locks: the lapsed bookings, by id. The caller has locked the slots.
-- Fails: check_violation if taken would fall below zero.
-- Idempotent: yes; a second call finds nothing.
create or replace function holdfast.lapse_holds(p_clinic_nos integer[], p_slot_ids uuid[], p_now timestamptz)
  returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_from uuid;
  v_clinic_nos integer[]; v_ids uuid[]; v_ats timestamptz[];
begin
  select oldest_hold_id(min(s.next_lapse)) into v_from
    from slot s
   where (s.clinic_no, s.id) in (select u.clinic_no, u.slot_id
                                 from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id));
  if v_from < late_ids(p_now) then
    select l.clinic_nos, l.ids into v_clinic_nos, v_ids
      from old_lapsed_holds(p_clinic_nos, p_slot_ids, v_from, p_now) l;
    -- The bookings are read under the lock: a hold confirmed in time stays confirmed.
    select array_agg(b.clinic_no), array_agg(b.id), array_agg(greatest(p_now, b.updated_at))
      into v_clinic_nos, v_ids, v_ats
      from unnest(lock_bookings(v_clinic_nos, v_ids)) b
     where hold_lapsed(b.status, b.hold_expires_at, p_now);
  else
    -- Waits for a confirmation in flight and then rechecks the row, for the same reason. A separate statement, because
    -- one that rechecks rows must not choose partitions while it runs (see lock_bookings); this reads all recent ones,
    -- by their indexes of holds.
    select array_agg(q.clinic_no), array_agg(q.id), array_agg(greatest(p_now, q.updated_at))
      into v_clinic_nos, v_ids, v_ats
      from (select b.clinic_no, b.id, b.updated_at
              from booking b
             where (b.clinic_no, b.slot_id) in (select u.clinic_no, u.slot_id
                                                from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id))
               and b.id >= recent_ids() and hold_lapsed(b.status, b.hold_expires_at, p_now)
             order by b.id
             limit 1000
               for update) q;
  end if;

  perform fail_holds(v_clinic_nos, v_ids, v_ats, p_clinic_nos, p_slot_ids, v_from);
end
$function$;
