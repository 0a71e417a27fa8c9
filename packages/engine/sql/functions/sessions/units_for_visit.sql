-- units_for_visit: what a visit of a type would take beside the doctor at a time, with its buffers. takes: a free unit
-- for each need, as slot.takes has them, of rooms the first one by name; null: it needs nothing. missing: the needs for
-- which no unit is free, [{kind, name}], name: of the device, or of the room if there is only one; null: none is
-- missing, and the visit can have what it needs.
--
-- p_now: as in taken_units. p_others: what else is about to be taken.
-- Internal. Locks: none; see taken_units. Fails: never. Idempotent: yes.
create or replace function holdfast.units_for_visit(
  p_clinic_no integer, p_visit_type_id uuid, p_during tstzrange, p_now timestamptz,
  p_others holdfast.allocation[] default '{}'
) returns holdfast.units_of_visit
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_units units_of_visit;
begin
  with unit as materialized (
    select t.need, t.kind, t.resource_id, t.unit_no, r.name,
           t.resource_id is not null and not t.taken && p_during
           and not exists (select from unnest(p_others) o
                            where o.clinic_no = p_clinic_no and o.resource_id = t.resource_id
                              and o.unit_no = t.unit_no and o.during && p_during) as is_free
      from taken_units(p_clinic_no, p_visit_type_id, lower(p_during), upper(p_during), p_now) t
      left join resource r on r.clinic_no = p_clinic_no and r.id = t.resource_id
  ), chosen as (
    select distinct on (u.need) u.* from unit u
     order by u.need, u.is_free desc, natural_order(u.name), u.resource_id, u.unit_no
  )
  select jsonb_agg(jsonb_build_array(c.kind, c.resource_id, c.unit_no) order by c.kind, c.resource_id)
           filter (where c.is_free),
         jsonb_agg(jsonb_build_object('kind', c.kind, 'name', n.name) order by c.need) filter (where not c.is_free)
    into v_units
    from chosen c
   cross join lateral (
     select case when c.kind = 'device'
                 then coalesce(c.name, (select r.name from visit_type t
                                          join resource r on r.clinic_no = t.clinic_no and r.id = t.device_ids[c.need]
                                         where t.clinic_no = p_clinic_no and t.id = p_visit_type_id))
                 when (select count(*) from unit u where u.need = c.need) = 1 then c.name end as name) n;
  return v_units;
end
$function$;
