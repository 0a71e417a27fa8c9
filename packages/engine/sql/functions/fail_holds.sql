-- fail_holds: gives back the units of holds that the caller has locked and found lapsed: each becomes FAILED
-- `hold_expired` at its time in p_ats, with its event, and its slot's taken is corrected. next_lapse is computed anew
-- for all the slots named (p_slot_clinic_nos, p_slot_ids), which the caller has locked too.
--
-- Internal: the application's role may not execute it.
-- Locks: none.
-- Fails: check_violation if taken would fall below zero.
-- Idempotent: no; it fails every booking it is given.
create or replace function holdfast.fail_holds(
  p_clinic_nos integer[], p_ids uuid[], p_ats timestamptz[], p_slot_clinic_nos integer[], p_slot_ids uuid[]
) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set jit = off
as $function$
begin
  with failed as (
    update booking b
       set status = 'FAILED', failure_reason = 'hold_expired', hold_expires_at = null, version = b.version + 1,
           updated_at = l.at
      from unnest(p_clinic_nos, p_ids, p_ats) l(clinic_no, id, at)
     where b.clinic_no = l.clinic_no and b.id = l.id
    returning b.clinic_no, b.id, b.slot_id, b.resource_id, b.units, b.version, b.updated_at,
              booking_digest(b.account_id, b.appointment_type, b.patient, b.reason, b.cancellation_reason) as digest
  ), logged as (
    insert into booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units, reason,
                               booking_digest)
    select f.clinic_no, f.id, f.version, f.updated_at, 'failed', f.slot_id, f.resource_id, f.units, 'hold_expired',
           f.digest
      from failed f
  )
  update slot t set taken = t.taken - f.units
    from (select f.clinic_no, f.slot_id, sum(f.units)::integer as units from failed f group by f.clinic_no, f.slot_id) f
   where t.clinic_no = f.clinic_no and t.id = f.slot_id;

  update slot t
     set next_lapse = (select min(b.hold_expires_at) from booking b
                        where b.clinic_no = t.clinic_no and b.slot_id = t.id and b.status = 'PENDING')
    from (select distinct u.clinic_no, u.slot_id from unnest(p_slot_clinic_nos, p_slot_ids) u(clinic_no, slot_id)) q
   where t.clinic_no = q.clinic_no and t.id = q.slot_id;
end
$function$;
