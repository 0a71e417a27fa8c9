-- old_lapsed_holds: lapsed_holds where p_from is more than 31 days ago.
--
-- Internal. It is planned for the partitions in which such holds can be.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.old_lapsed_holds(
  p_clinic_nos integer[], p_slot_ids uuid[], p_from uuid, p_now timestamptz, out clinic_nos integer[], out ids uuid[]
)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
begin
  select array_agg(q.clinic_no), array_agg(q.id) into clinic_nos, ids
    from (select b.clinic_no, b.id
            from booking b
           where (b.clinic_no, b.slot_id) in (select u.clinic_no, u.slot_id
                                              from unnest(p_clinic_nos, p_slot_ids) u(clinic_no, slot_id))
             and b.id >= p_from and b.id < ids_until(p_now)
             and hold_seems_lapsed(b.status, b.hold_expires_at, p_now)
           order by b.id
           limit 1000) q;
end
$function$;
