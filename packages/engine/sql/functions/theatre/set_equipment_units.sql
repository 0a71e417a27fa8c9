-- set_equipment_units: sets how many units of a kind of equipment there are. Their number is reduced only if no unit
-- with a higher number is allocated to a case that is not over. Then cases never have more units at once than there
-- are, because the exclusion constraint lets a unit be in one case at a time. Nothing else sets the number: the
-- application's role cannot write the column.
--
-- conflicts: of units_in_use, the first 100 such uses by start, as resource_busy of case_conflicts.
--
-- Outcomes: done | resource_missing (no such equipment in this clinic) | units_in_use
-- Locks: as resource_uses.
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
  v_now timestamptz;
begin
  conflicts := resource_uses(p_clinic_no, p_resource_id, p_units);
  v_now := clock_timestamp();
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
