-- lock_resources: locks resources of a clinic, so that nobody else adds allocations of them, or slots of a doctor. The
-- first locks of a transaction that changes cases or creates slots: resources, slots, bookings, keys. Resources that do
-- not exist are skipped.
--
-- Internal.
-- Locks: the resources, by (clinic_no, id), FOR NO KEY UPDATE: rows that refer to them can be inserted.
-- Fails: 55P03 after the connection's lock timeout. Idempotent: yes.
create or replace function holdfast.lock_resources(p_clinic_no integer, p_ids uuid[]) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  perform 1 from resource r
    where r.clinic_no = p_clinic_no and r.id = any (p_ids)
    order by r.clinic_no, r.id
      for no key update;
end
$function$;
