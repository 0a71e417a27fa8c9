-- lock_free_bookings: locks those of a clinic's bookings that nobody else has locked, and returns their ids.
--
-- Internal, for are_locked. A function that is planned for the partitions of these bookings.
-- Locks: the bookings. Fails: 55P03 after the caller's lock timeout, for a row that was changed meanwhile.
-- Idempotent: yes.
create or replace function holdfast.lock_free_bookings(p_clinic_no integer, p_ids uuid[]) returns uuid[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $function$
declare
  v_months uuid[] := id_months(p_ids);
  v_free uuid[] := '{}';
begin
  for v_n in 1 .. coalesce(cardinality(v_months), 0) by 2 loop
    v_free := v_free || array(
      select b.id from booking b
       where b.clinic_no = p_clinic_no and b.id = any (p_ids) and b.id between v_months[v_n] and v_months[v_n + 1]
         for update skip locked);
  end loop;
  return v_free;
end
$function$;
