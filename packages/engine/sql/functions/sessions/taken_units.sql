-- taken_units: the visit_units of a type, each with when it is taken between p_from and p_to: by visits with their
-- buffers, and by closures (busy_times). Holds that have lapsed by p_now take nothing. p_without: a slot that is left
-- out, because the one booking in it is to be moved. The one rule of rooms and devices, for claims, moves and lists.
--
-- Its plan is kept, as that of taken_times.
-- Internal. Locks: none; called under the locks of these resources, its result is final, but for what becomes free.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.taken_units(
  p_clinic_no integer, p_visit_type_id uuid, p_from timestamptz, p_to timestamptz, p_now timestamptz,
  p_without uuid default null
) returns table (need integer, kind text, resource_id uuid, unit_no integer, taken tstzmultirange)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
#variable_conflict use_column
begin
  return query
  with unit as materialized (
    select * from visit_units(p_clinic_no, p_visit_type_id)
  ), closed as materialized (
    select r.resource_id, busy_times(p_clinic_no, r.resource_id, p_from, p_to) as times
      from (select distinct u.resource_id from unit u where u.resource_id is not null) r
  )
  select u.need, u.kind, u.resource_id, u.unit_no, coalesce(c.times, '{}') + coalesce(a.times, '{}')
    from unit u
    left join closed c on c.resource_id = u.resource_id
    left join lateral (
      select range_agg(n.during) as times
        from allocation n
       where n.clinic_no = p_clinic_no and n.resource_id = u.resource_id and n.unit_no = u.unit_no
         and n.during && tstzrange(p_from, p_to) and n.booking_id is distinct from p_without
         and not exists (select from slot s
                          where s.clinic_no = n.clinic_no and s.id = n.booking_id and s.next_lapse <= p_now
                            and s.taken <= lapsed_units(s.clinic_no, s.id, s.next_lapse, p_now))) a on true;
end
$function$;
