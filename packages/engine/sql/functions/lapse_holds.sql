-- lapse_holds: gives back the units of lapsed holds on slots that the caller has locked: those bookings become FAILED
-- `hold_expired`, each with its event, and the slots' taken and next_lapse are set right. At most 1,000 holds a call: one
-- slot with 50,000 of them once stalled its first claim for a second. What is left shows in next_lapse <= p_now.
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
  v_lapsed integer;
begin
  -- It waits for a confirmation in flight and then looks again: confirmed in time is confirmed.
  with lapsed as materialized (
    select b.clinic_no, b.id, b.slot_id, b.resource_id, b.units, b.version
      from booking b
     where (b.clinic_no, b.slot_id) in (select u.clinic_no, u.slot_id from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id))
       and b.status = 'PENDING' and b.hold_expires_at <= p_now
     order by b.clinic_no, b.id
     limit 1000
       for update
  ), failed as (
    update booking b
       set status = 'FAILED', failure_reason = 'hold_expired', hold_expires_at = null, version = l.version + 1, updated_at = p_now
      from lapsed l where b.clinic_no = l.clinic_no and b.id = l.id
  ), logged as (
    insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, reason)
    select l.clinic_no, l.id, l.version + 1, p_now, 'failed', l.slot_id, l.resource_id, l.units, 'hold_expired' from lapsed l
  ), freed as (
    update slot t set taken = t.taken - f.units
      from (select l.clinic_no, l.slot_id, sum(l.units)::integer as units from lapsed l group by l.clinic_no, l.slot_id) f
     where t.clinic_no = f.clinic_no and t.id = f.slot_id
  )
  select count(*) into v_lapsed from lapsed;

  update slot t
     set next_lapse = (select min(b.hold_expires_at) from booking b
                        where b.clinic_no = t.clinic_no and b.slot_id = t.id and b.status = 'PENDING')
    from (select distinct u.clinic_no, u.slot_id from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id)) q
   where t.clinic_no = q.clinic_no and t.id = q.slot_id;
  return v_lapsed;
end
$function$;
