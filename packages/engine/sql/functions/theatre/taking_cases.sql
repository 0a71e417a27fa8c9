-- taking_cases: the cases that take some of these needs now, each once: at least a unit of a resource, at the same
-- time. Holds that have lapsed are among them.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.taking_cases(p_clinic_no integer, p_needs holdfast.case_need[]) returns uuid[]
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  return array(
    select distinct a.booking_id
      from unnest(p_needs) n
     cross join lateral (select t.booking_id from allocation t
                          where t.clinic_no = p_clinic_no and t.resource_id = n.resource_id
                            and t.during && n.during offset 0) a);
end
$function$;
