-- set_equipment_units: sets how many units of a kind of equipment there are. Their number is reduced only if no unit
-- with a higher number is allocated to a case that is not over. Then cases never have more units at once than there
-- are, because the exclusion constraint lets a unit be in one case at a time. Nothing else sets the number: the
-- application's role cannot write the column.
--
-- conflicts: of units_in_use, the first 100 such uses by start, as resource_busy of case_conflicts.
--
-- Outcomes: done | resource_missing (no such equipment in this clinic) | units_in_use
-- Locks: the equipment; then the holds in the way that have lapsed, by id: one may have been confirmed in time.
-- Fails: 23514 for fewer than one unit; 55P03 after the connection's lock timeout. Idempotent: yes.
create or replace function holdfast.set_equipment_units(p_clinic_no integer, p_resource_id uuid, p_units integer)
  returns table (outcome text, conflicts jsonb)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
as $function$
declare
  c_conflicts_max constant integer := 100;
  v_now timestamptz;
  v_ids uuid[]; v_lapsed_ids uuid[];
begin
  perform lock_resources(p_clinic_no, array[p_resource_id]);
  v_now := clock_timestamp();
  -- A case in progress has its units until it is over, and is prolonged by a day at most.
  v_ids := array(
    select distinct a.booking_id
      from allocation a
     where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id and a.unit_no > p_units and a.kind = 'equipment'
       and upper(a.during) > v_now - interval '1 day');
  v_lapsed_ids := lapsed_cases(p_clinic_no, v_ids, v_now);
  if v_lapsed_ids <> '{}' then
    v_lapsed_ids := array(
      select b.id
        from unnest(lock_bookings(array_fill(p_clinic_no, array[cardinality(v_lapsed_ids)]), v_lapsed_ids)) b
       where b.status = 'FAILED' or hold_lapsed(b.status, b.hold_expires_at, v_now));
  end if;
  if v_ids <> '{}' then
    select jsonb_agg(jsonb_build_object(
             'kind', 'resource_busy', 'role', 'equipment', 'resourceId', p_resource_id, 'name', q.name,
             'unit', q.unit_no, 'from', lower(q.during), 'to', upper(q.during), 'caseId', q.booking_id, 'slotId', null)
             order by lower(q.during), q.unit_no, q.booking_id)
      into conflicts
      from (select a.*, r.name
              from allocation a
              join resource r on r.clinic_no = a.clinic_no and r.id = a.resource_id
              join bookings_by_id(array_fill(p_clinic_no, array[cardinality(v_ids)]), v_ids) b on b.id = a.booking_id
             where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id and a.unit_no > p_units
               and a.booking_id <> all (v_lapsed_ids) and (upper(a.during) > v_now or b.status = 'ARRIVED')
             order by lower(a.during), a.unit_no, a.booking_id
             limit c_conflicts_max) q;
  end if;
  if conflicts is not null then
    outcome := 'units_in_use';
  else
    update resource r set units = p_units, updated_at = greatest(v_now, r.updated_at)
     where r.clinic_no = p_clinic_no and r.id = p_resource_id and r.kind = 'equipment';
    outcome := case when found then 'done' else 'resource_missing' end;
  end if;
  return next;
end
$function$;
