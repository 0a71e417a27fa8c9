-- set_visit_resource: sets whether a room or device of visits is used, and how many units a device has. What visits
-- take already, they keep; so there are fewer units only if no visit to come has one of the others. null: unchanged.
-- p_with_visits: it may be switched off while visits to come have it. visits, first_starts_at: how many of these
-- prevent the change, and when the first one takes it.
--
-- Nothing else sets the number of units: the application's role cannot write the column.
-- Outcomes: done | resource_missing (no such room or device in this clinic) | resource_in_use | room_has_no_units (a
--   room is one)
-- Locks: the resource, so that no visit gets it meanwhile; then the slots that have it with lapsed holds, by id, and
--   as lapse_holds.
-- Fails: 23514 for fewer than one unit; 55P03 after the connection's lock timeout. Idempotent: yes.
create or replace function holdfast.set_visit_resource(
  p_clinic_no integer, p_resource_id uuid, p_active boolean, p_units integer, p_with_visits boolean,
  out outcome text, out visits integer, out first_starts_at timestamptz
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_now timestamptz;
  v_resource resource;
  v_above_unit integer;
  v_lapsed_ids uuid[];
begin
  perform lock_resources(p_clinic_no, array[p_resource_id]);
  v_now := clock_timestamp();
  select * into v_resource from resource r
   where r.clinic_no = p_clinic_no and r.id = p_resource_id and r.kind in ('consulting_room', 'device');
  if not found then
    outcome := 'resource_missing';
    return;
  end if;
  if v_resource.kind = 'consulting_room' and p_units <> 1 then
    outcome := 'room_has_no_units';
    return;
  end if;
  v_above_unit := case when v_resource.active and not p_active and not p_with_visits then 0
                       when p_units < v_resource.units then p_units end;
  if v_above_unit is not null then
    v_lapsed_ids := array(
      select s.id from slot s
       where s.clinic_no = p_clinic_no and s.next_lapse <= v_now
         and s.id in (select a.booking_id from allocation a
                       where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id
                         and a.unit_no > v_above_unit and a.during && tstzrange(v_now, null))
       order by s.clinic_no, s.id
         for update);
    if v_lapsed_ids <> '{}' then
      perform lapse_holds(array_fill(p_clinic_no, array[cardinality(v_lapsed_ids)]), v_lapsed_ids, v_now);
    end if;
    select count(*), min(lower(a.during)) into visits, first_starts_at
      from allocation a
     where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id and a.unit_no > v_above_unit
       and a.during && tstzrange(v_now, null);
    if visits > 0 then
      outcome := 'resource_in_use';
      return;
    end if;
  end if;
  update resource r
     set active = coalesce(p_active, r.active), units = coalesce(p_units, r.units),
         updated_at = greatest(v_now, r.updated_at)
   where r.clinic_no = p_clinic_no and r.id = p_resource_id;
  outcome := 'done';
end
$function$;
