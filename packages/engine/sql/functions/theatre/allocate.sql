-- allocate: gives cases what they need (case_needs). The free units of equipment with the lowest numbers are allocated,
-- first those that no other case still uses (overrun_allocations), but at most as many as the taken units leave,
-- whatever numbers these have. A resource with one unit is allocated without a check: the exclusion constraint fails if
-- it is not free.
--
-- p_ids: the cases. p_needs: what they need; p_need_nos: of which case, by its number in p_ids, each need is. No two of
-- these cases need one resource at one time.
-- Returns, by case, what it takes, as allocations_of.
-- Internal. Locks: none; the caller has locked the resources.
-- Fails: 23P01 if a case does not get all it needs. Idempotent: no.
create or replace function holdfast.allocate(
  p_clinic_no integer, p_ids uuid[], p_needs holdfast.case_need[], p_need_nos integer[]
) returns jsonb[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
as $function$
declare
  v_allocations jsonb[];
  v_units integer;
  v_overrun allocation[] := '{}';
begin
  if exists (select from unnest(p_needs) n where n.kind = 'equipment') then
    v_overrun := array(
      select o from overrun_allocations(
                      p_clinic_no, array(select n.resource_id from unnest(p_needs) n where n.kind = 'equipment'),
                      clock_timestamp(), false) o);
  end if;
  with placed as (
    insert into allocation (clinic_no, booking_id, resource_id, unit_no, kind, during)
    select p_clinic_no, p_ids[p_need_nos[n.ordinality]], n.resource_id, u.no, n.kind, n.during
      from unnest(p_needs) with ordinality n
     cross join lateral (
       select g.no from generate_series(1, case when n.kind = 'equipment' then n.units_max else 1 end) g(no)
        where n.kind <> 'equipment'
           or not exists (select from allocation a
                           where a.clinic_no = p_clinic_no and a.resource_id = n.resource_id and a.unit_no = g.no
                             and a.during && n.during)
        order by exists (select from unnest(v_overrun) o
                          where o.resource_id = n.resource_id and o.unit_no = g.no and o.during && n.during), g.no
        limit case when n.kind = 'equipment'
                   then greatest(0, least(n.units, n.units_max - (
                          select count(distinct a.unit_no) from allocation a
                           where a.clinic_no = p_clinic_no and a.resource_id = n.resource_id
                             and a.during && n.during)))
                   else n.units end) u
    returning allocation as placed
  ), of_case as (
    select (p.placed).booking_id, count(*) as units,
           jsonb_agg(allocation_as_json(p.placed)
                     order by (p.placed).kind, (p.placed).resource_id, (p.placed).unit_no) as allocations
      from placed p group by (p.placed).booking_id
  )
  select array_agg(o.allocations order by i.n), sum(o.units) into v_allocations, v_units
    from unnest(p_ids) with ordinality i(id, n)
    join of_case o on o.booking_id = i.id;
  if v_units is distinct from (select sum(n.units) from unnest(p_needs) n) then
    -- The constraint reports it like this.
    raise exclusion_violation using
      message = format('cases %s: a unit that counted as free is taken', p_ids),
      detail = (select format('Key (%s, %s, 1, %s)', p_clinic_no, n.resource_id, n.during)
                  from unnest(p_needs) with ordinality n
                 where n.kind = 'equipment'
                   and n.units > (select count(*) from allocation a
                                   where a.clinic_no = p_clinic_no and a.booking_id = p_ids[p_need_nos[n.ordinality]]
                                     and a.resource_id = n.resource_id)
                 limit 1);
  end if;
  return v_allocations;
end
$function$;
