-- expire_holds: one step of the sweeper: gives back lapsed holds, at most p_limit (1–1,000), even if nobody wants their
-- slots. It only tidies: a lapsed hold never blocks a claim. Returns how many it gave back; 0: none is left for now.
--
-- Locks: slots with lapsed holds, by (clinic_no, id), skipping those that another session has locked (requests go
--   first); then the lapsed bookings on them, by (clinic_no, id), skipping in the same way: one that a hanging
--   transaction has locked must not keep the units of all others.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes.
create or replace function holdfast.expire_holds(p_limit integer) returns integer
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_clinic_nos integer[];
  v_slot_ids uuid[];
  v_booking_clinic_nos integer[]; v_booking_ids uuid[]; v_ats timestamptz[];
begin
  select array_agg(q.clinic_no), array_agg(q.slot_id) into v_clinic_nos, v_slot_ids
    from (select b.clinic_no, b.slot_id
            from booking b
           where hold_lapsed(b.status, b.hold_expires_at, v_now)
           limit least(greatest(p_limit, 1), 1000)) q;
  select array_agg(q.clinic_no), array_agg(q.id) into v_clinic_nos, v_slot_ids
    from (select s.clinic_no, s.id
            from slot s
           where (s.clinic_no, s.id) in (select u.clinic_no, u.slot_id
                                         from unnest(v_clinic_nos, v_slot_ids) u(clinic_no, slot_id))
           order by s.clinic_no, s.id
             for update skip locked) q;
  if v_slot_ids is null then
    return 0;
  end if;
  v_now := clock_timestamp();
  -- As in lapse_holds.
  select array_agg(q.clinic_no), array_agg(q.id), array_agg(greatest(v_now, q.updated_at))
    into v_booking_clinic_nos, v_booking_ids, v_ats
    from (select b.clinic_no, b.id, b.updated_at
            from booking b
           where (b.clinic_no, b.slot_id) in (select u.clinic_no, u.slot_id
                                              from unnest(v_clinic_nos, v_slot_ids) u(clinic_no, slot_id))
             and hold_lapsed(b.status, b.hold_expires_at, v_now)
           order by b.clinic_no, b.id
           limit 1000
             for update skip locked) q;
  perform fail_holds(v_booking_clinic_nos, v_booking_ids, v_ats, v_clinic_nos, v_slot_ids);
  return coalesce(cardinality(v_booking_ids), 0);
end
$function$;
