-- lapse_holds: gives back the units of lapsed holds on slots that the caller has locked: those bookings become FAILED
-- `hold_expired`, each with its event, and the slots' taken and next_lapse are corrected. At most 1,000 holds a call:
-- one slot with 50,000 of them once delayed its first claim by a second. If more are left, next_lapse <= p_now says so.
--
-- A hold may be linked to an account after p_now was read and before its booking is locked here: it fails no earlier
-- than that, or its log would go back in time.
--
-- Internal: the application's role may not execute it.
-- Locks: the lapsed bookings, by (clinic_no, id). The caller has locked the slots.
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
  v_clinic_nos integer[]; v_ids uuid[]; v_ats timestamptz[];
begin
  -- Waits for a confirmation in flight and then rechecks the row: a hold confirmed in time stays confirmed. A separate
  -- statement, because one that rechecks rows must not choose partitions while it runs (see lock_bookings); this reads
  -- all of them, by their indexes of holds.
  select array_agg(q.clinic_no), array_agg(q.id), array_agg(greatest(p_now, q.updated_at))
    into v_clinic_nos, v_ids, v_ats
    from (select b.clinic_no, b.id, b.updated_at
            from booking b
           where (b.clinic_no, b.slot_id) in (select u.clinic_no, u.slot_id
                                              from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id))
             and hold_lapsed(b.status, b.hold_expires_at, p_now)
           order by b.clinic_no, b.id
           limit 1000
             for update) q;

  perform fail_holds(v_clinic_nos, v_ids, v_ats, p_clinic_nos, p_slot_ids);
end
$function$;
