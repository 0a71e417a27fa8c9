-- lapsed_cases: which of these cases are holds that have lapsed by p_now: what they take is free.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.lapsed_cases(p_clinic_no integer, p_ids uuid[], p_now timestamptz) returns uuid[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  if cardinality(p_ids) = 0 then
    return p_ids;
  end if;
  return array(select b.id
                 from bookings_by_id(array_fill(p_clinic_no, array[cardinality(p_ids)]), p_ids) b
                where hold_seems_lapsed(b.status, b.hold_expires_at, p_now));
end
$function$;
