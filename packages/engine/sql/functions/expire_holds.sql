-- expire_holds: one step of the sweeper: gives back lapsed holds, at most p_limit (1–1,000), even if nobody wants their
-- slots. It only tidies: a lapsed hold never blocks a claim. Returns how many it gave back; 0: none is left for now.
--
-- Locks: slots with lapsed holds, by (clinic_no, id), skipping those that another session has locked (requests go
--   first); then the bookings (lapse_holds).
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
  return holdfast.lapse_holds(v_clinic_nos, v_slot_ids, clock_timestamp());
end
$function$;
