-- resource_uses: the uses of the units of a resource above a number, by cases that are not over: the first 100 by
-- start, as resource_busy of case_conflicts; null if there is none. The resource stays locked, so that there are no
-- more of them until the transaction ends.
--
-- p_above_unit: 0 for all, as for rooms and people, which have one unit.
--
-- Locks: the resource; then the holds in the way that have lapsed, by id: one may have been confirmed in time.
-- Fails: 55P03 after the connection's lock timeout. Idempotent: yes.
create or replace function holdfast.resource_uses(p_clinic_no integer, p_resource_id uuid, p_above_unit integer)
  returns jsonb
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
as $function$
declare
  c_uses_max constant integer := 100;
  v_now timestamptz;
  v_ids uuid[]; v_lapsed_ids uuid[];
  v_uses jsonb;
begin
  perform lock_resources(p_clinic_no, array[p_resource_id]);
  v_now := clock_timestamp();
  -- A case in progress has its units until it is over, and is prolonged by a day at most. Who came to one that was late
  -- has it for no time (relieve_team).
  v_ids := array(
    select a.booking_id
      from allocation a
     where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id and a.unit_no > p_above_unit
       and a.during && tstzrange(v_now - interval '1 day', null)
    union
    select a.booking_id
      from allocation a
     where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id and a.unit_no > p_above_unit
       and isempty(a.during) and a.planned_at > v_now - interval '1 day');
  v_lapsed_ids := lapsed_cases(p_clinic_no, v_ids, v_now);
  if v_lapsed_ids <> '{}' then
    v_lapsed_ids := array(
      select b.id
        from unnest(lock_bookings(array_fill(p_clinic_no, array[cardinality(v_lapsed_ids)]), v_lapsed_ids)) b
       where b.status = 'FAILED' or hold_lapsed(b.status, b.hold_expires_at, v_now));
  end if;
  if v_ids <> '{}' then
    select jsonb_agg(jsonb_build_object(
             'kind', 'resource_busy', 'role', q.kind, 'resourceId', p_resource_id, 'name', q.name,
             'unit', q.unit_no, 'from', q.starts_at, 'to', q.ends_at, 'caseId', q.booking_id, 'slotId', null)
             order by q.starts_at, q.unit_no, q.booking_id)
      into v_uses
      from (select a.kind, a.unit_no, a.booking_id, r.name, coalesce(lower(a.during), a.planned_at) as starts_at,
                   coalesce(upper(a.during), greatest(a.planned_at, will_end(c, v_now))) as ends_at
              from allocation a
              join resource r on r.clinic_no = a.clinic_no and r.id = a.resource_id
              join theatre_case c on c.clinic_no = a.clinic_no and c.booking_id = a.booking_id
              join bookings_by_id(array_fill(p_clinic_no, array[cardinality(v_ids)]), v_ids) b on b.id = a.booking_id
             where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id and a.unit_no > p_above_unit
               and a.booking_id <> all (v_lapsed_ids) and (upper(a.during) > v_now or b.status = 'ARRIVED')
               and not has_left(a.kind, a.resource_id, c)
             order by starts_at, a.unit_no, a.booking_id
             limit c_uses_max) q;
  end if;
  return v_uses;
end
$function$;
