-- verify_visits: compares the rooms and devices that the slots of a clinic's visits take with their allocations, and
-- the allocations with the number of units.
--
-- Findings: allocations_differ (a visit's slot that takes time has other allocations than it says, or one that is empty
--   or withdrawn has any; or a device is taken in visits to come by more units than there are). Two that have one unit
--   at one time are found by verify_allocations, with those of cases.
-- Internal: called by verify_clinic.
-- Locks: none; one snapshot, the caller's (stable). Fails: never. Idempotent: yes.
create or replace function holdfast.verify_visits(p_clinic_no integer)
returns table (kind text, slot_id uuid, booking_id uuid, message text)
language sql stable
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
set enable_nestloop = off
as $function$
  with stated as materialized (
    select a.* from slot s
     cross join lateral allocations_of_slot(s) a
     where s.clinic_no = p_clinic_no and s.takes is not null and takes_time(s)
  ), taken as materialized (
    select a.* from allocation a
     where a.clinic_no = p_clinic_no and a.kind in ('consulting_room', 'device')
  )
  select 'allocations_differ', coalesce(s.booking_id, t.booking_id), null::uuid,
         case when t.booking_id is null
              then format('it takes %s %s, unit %s, and has no allocation of it', s.kind, s.resource_id, s.unit_no)
              when s.booking_id is null
              then format('%s %s, unit %s, is allocated to it, and it takes none', t.kind, t.resource_id, t.unit_no)
              else format('%s %s, unit %s, is allocated to it at %s, and its time is %s', t.kind, t.resource_id,
                          t.unit_no, t.during, s.during) end
    from stated s
    full join taken t on t.booking_id = s.booking_id and t.resource_id = s.resource_id and t.unit_no = s.unit_no
   where (s.kind, s.during) is distinct from (t.kind, t.during)
  union all
  select 'allocations_differ', t.booking_id, null,
         format('it takes unit %s of device %s, and there are %s', t.unit_no, t.resource_id, r.units)
    from taken t
    join resource r on r.clinic_no = p_clinic_no and r.id = t.resource_id
    join slot s on s.clinic_no = p_clinic_no and s.id = t.booking_id
   where t.unit_no > r.units and upper(t.during) > statement_timestamp()
     and (s.next_lapse > statement_timestamp()) is not false
$function$;
