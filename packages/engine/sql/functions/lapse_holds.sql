-- lapse_holds: gives back the units of lapsed holds on slots that the caller has locked: those bookings become FAILED
-- `hold_expired`, each with its event, and the slots' taken and next_lapse are set right. At most 1,000 holds a call: one
-- slot with 50,000 of them once stalled its first claim for a second. What is left shows in next_lapse <= p_now.
-- A hold may be linked to an account after p_now was read and before its booking is locked here: it fails no earlier than
-- that, or its log would go back in time.
-- Answers how many holds it gave back. Internal: the application's role may not execute it.
--
-- Locks: the lapsed bookings, by (clinic_no, id). The slots must be locked already.
-- Fails: check_violation if taken would fall below zero.
-- Idempotent: yes; a second call finds nothing.
create or replace function holdfast.lapse_holds(p_clinic_nos integer[], p_slot_ids uuid[], p_now timestamptz) returns integer
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
  -- It waits for a confirmation in flight and then looks again: confirmed in time is confirmed. By itself, because what
  -- looks again must not choose partitions (lock_bookings says why); this reads them all, by their indexes of holds.
  select array_agg(q.clinic_no), array_agg(q.id), array_agg(greatest(p_now, q.updated_at)) into v_clinic_nos, v_ids, v_ats
    from (select b.clinic_no, b.id, b.updated_at
            from booking b
           where (b.clinic_no, b.slot_id) in (select u.clinic_no, u.slot_id from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id))
             and b.status = 'PENDING' and b.hold_expires_at <= p_now
           order by b.clinic_no, b.id
           limit 1000
             for update) q;

  with failed as (
    update booking b
       set status = 'FAILED', failure_reason = 'hold_expired', hold_expires_at = null, version = b.version + 1, updated_at = l.at
      from unnest(v_clinic_nos, v_ids, v_ats) l(clinic_no, id, at)
     where b.clinic_no = l.clinic_no and b.id = l.id
    returning b.clinic_no, b.id, b.slot_id, b.resource_id, b.units, b.version, b.updated_at
  ), logged as (
    insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, reason)
    select f.clinic_no, f.id, f.version, f.updated_at, 'failed', f.slot_id, f.resource_id, f.units, 'hold_expired' from failed f
  )
  update slot t set taken = t.taken - f.units
    from (select f.clinic_no, f.slot_id, sum(f.units)::integer as units from failed f group by f.clinic_no, f.slot_id) f
   where t.clinic_no = f.clinic_no and t.id = f.slot_id;

  update slot t
     set next_lapse = (select min(b.hold_expires_at) from booking b
                        where b.clinic_no = t.clinic_no and b.slot_id = t.id and b.status = 'PENDING')
    from (select distinct u.clinic_no, u.slot_id from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id)) q
   where t.clinic_no = q.clinic_no and t.id = q.slot_id;
  return coalesce(cardinality(v_ids), 0);
end
$function$;
