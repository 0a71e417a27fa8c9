-- lapsed_holds: up to 1,000 holds on these slots that have lapsed by p_now, from p_from on (see oldest_hold_id), in the
-- order of lock_bookings.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.lapsed_holds(
  p_clinic_nos integer[], p_slot_ids uuid[], p_from uuid, p_now timestamptz, out clinic_nos integer[], out ids uuid[]
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if p_from < late_ids(p_now) then
    select l.clinic_nos, l.ids into clinic_nos, ids from old_lapsed_holds(p_clinic_nos, p_slot_ids, p_from, p_now) l;
    return;
  end if;
  select array_agg(q.clinic_no), array_agg(q.id) into clinic_nos, ids
    from (select b.clinic_no, b.id
            from booking b
           where (b.clinic_no, b.slot_id) in (select u.clinic_no, u.slot_id
                                              from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id))
             and b.id >= recent_ids() and hold_seems_lapsed(b.status, b.hold_expires_at, p_now)
           order by b.id
           limit 1000) q;
end
$function$;
