-- bookings_by_id: the bookings named by two arrays of the same length, each once, in no order. Bookings that do not
-- exist are left out.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.bookings_by_id(p_clinic_nos integer[], p_ids uuid[]) returns setof holdfast.booking
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if late_ids(clock_timestamp()) > any (p_ids) then
    return query select * from old_bookings_by_id(p_clinic_nos, p_ids);
    return;
  end if;
  if cardinality(p_ids) = 1 then
    return query
    select b.* from booking b where b.clinic_no = p_clinic_nos[1] and b.id = p_ids[1] and b.id >= recent_ids();
    return;
  end if;
  return query
  select b.*
    from (select distinct u.clinic_no, u.id from unnest(p_clinic_nos, p_ids) u(clinic_no, id)) u
   cross join lateral (select t.* from booking t
                        where t.clinic_no = u.clinic_no and t.id = u.id and t.id >= recent_ids() limit 1) b;
end
$function$;
