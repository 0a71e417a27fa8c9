-- fit_allocations: makes each allocation of a case last until the case no longer needs it (taken_until), but at most
-- until the next case or clinic slot that has the same unit: these keep their allocations. It begins at the planned
-- start, or when somebody came to the running case (fitted_start). What somebody had who was relieved is only made
-- shorter.
-- An allocation that was shortened is extended again only as far as the unit is free. Returns whether anything has
-- changed.
--
-- For a case that was over before its planned start, the range of an allocation is empty: the row still names the unit,
-- and planned_at is when it would have begun. The allocation of a unit with a number above the resource's units is not
-- extended.
-- Internal. docs/decisions/0030.
-- Locks: none; the caller has lock_case.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.fit_allocations(p_clinic_no integer, p_booking_id uuid) returns boolean
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  update allocation a
     set during = f.during, planned_at = case when isempty(f.during) then f.starts_at end
    from (select w.resource_id, w.unit_no, w.starts_at,
                 tstzrange(w.starts_at, greatest(w.starts_at, least(
                   w.until,
                   case when w.kind = 'equipment' and w.unit_no > w.units or w.has_left
                        then coalesce(w.ends_at, w.starts_at) end,
                   (select min(lower(n.during)) from allocation n
                     where n.clinic_no = p_clinic_no and n.resource_id = w.resource_id and n.unit_no = w.unit_no
                       and n.booking_id <> p_booking_id
                       and n.during && tstzrange(w.starts_at, greatest(w.starts_at, w.until))),
                   (select min(lower(time_of_slot(s))) from slot s
                     where w.resource_kind = 'doctor' and s.clinic_no = p_clinic_no and s.resource_id = w.resource_id
                       and takes_time(s)
                       and tstzrange(s.starts_at, s.ends_at)
                           && with_buffers(tstzrange(w.starts_at, greatest(w.starts_at, w.until)))
                       and time_of_slot(s) && tstzrange(w.starts_at, greatest(w.starts_at, w.until)))
                 ))) as during
            from (select t.resource_id, t.unit_no, t.kind, upper(t.during) as ends_at, r.units,
                         fitted_start(t, c) as starts_at, has_left(t.kind, t.resource_id, c),
                         r.kind as resource_kind, taken_until(t.kind, c, r.turnover_minutes) as until
                    from theatre_case c
                    join allocation t on t.clinic_no = c.clinic_no and t.booking_id = c.booking_id
                    join resource r on r.clinic_no = t.clinic_no and r.id = t.resource_id
                   where c.clinic_no = p_clinic_no and c.booking_id = p_booking_id) w) f
   where a.clinic_no = p_clinic_no and a.booking_id = p_booking_id and a.resource_id = f.resource_id
     and a.unit_no = f.unit_no
     and (a.during <> f.during or a.planned_at <> f.starts_at);
  return found;
end
$function$;
