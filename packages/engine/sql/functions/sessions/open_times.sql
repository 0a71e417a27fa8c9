-- open_times: when visits of a type can begin in a doctor's open sessions, from p_from until before p_to, by start. The
-- same rules as claim_times: time_refusal, taken_times, and starts_without_units. available: how many more can be
-- booked there, more than one for groups.
--
-- p_by_desk, p_is_known: as in time_refusal. p_limit: how many starts are returned at most. p_keeps, p_without: for a
-- booking that is to be moved: whether it is of this type, which it may keep whoever may book it, and as in
-- taken_times.
-- It costs 1.6 µs for each start of the grid. Its plan is kept (in SQL, a list of a day took 3 times as long), and it
-- is the generic one, in which taken_times is computed once: a custom plan computed it for each session, which took
-- 1.5 s instead of 10 ms (62 days of 8 hours, every 10 minutes).
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.open_times(
  p_clinic_no integer, p_resource_id uuid, p_visit_type_id uuid, p_from timestamptz, p_to timestamptz,
  p_by_desk boolean, p_is_known boolean, p_limit integer, p_keeps boolean default false, p_without uuid default null
) returns table (session_id uuid, starts_at timestamptz, ends_at timestamptz, available integer)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
begin
  return query
  with k as materialized (
    select taken_times(p_clinic_no, p_resource_id, p_from - interval '4 hours', p_to + interval '29 hours',
                       statement_timestamp(), p_without) as times
  ), n as materialized (
    select case when v.needs_units
                then starts_without_units(p_clinic_no, v, p_from, p_to, statement_timestamp(), p_without)
                else '{}' end as starts
      from visit_of_doctor(p_clinic_no, p_visit_type_id, p_resource_id) v)
  select s.id, t.at, t.at + make_interval(mins => (v.visit).minutes),
         case when g.id is null then (v.visit).capacity
              else g.capacity - g.taken + case when g.next_lapse <= statement_timestamp()
                                               then lapsed_units(g.clinic_no, g.id, g.next_lapse, statement_timestamp())
                                               else 0 end end
    from (select (v.visit_type_id, v.is_offered, v.minutes, v.buffer_before_minutes, v.buffer_after_minutes, v.capacity,
                  case when p_keeps then 'anyone' else v.bookable_by end, v.appointment_types, v.minimum_notice,
                  v.booking_horizon, v.needs_units, v.part_ids)::offered_visit as visit
            from visit_of_doctor(p_clinic_no, p_visit_type_id, p_resource_id) v offset 0) v
    join resource r on r.clinic_no = p_clinic_no and r.id = p_resource_id and r.kind = 'doctor'
   cross join k
   cross join n
    join open_session s on s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
                       and s.starts_at > p_from - interval '25 hours' and s.starts_at < p_to
   cross join generate_series(s.starts_at, least(s.ends_at, p_to), make_interval(mins => s.grid_minutes)) t(at)
    left join slot g on (v.visit).capacity > 1 and g.clinic_no = p_clinic_no and g.resource_id = p_resource_id
                    and g.starts_at = t.at and g.visit_type_id = p_visit_type_id and g.withdrawn_at is null
                    and g.taken > 0
   where t.at >= p_from and t.at < p_to
     and time_refusal(s, v.visit, r.active, t.at, p_by_desk, p_is_known, statement_timestamp()) is null
     and (g.id is not null or not k.times && time_of_visit(v.visit, t.at) and not n.starts @> t.at)
     and (g.id is null
          or g.blocked_at is null and not group_is_closed(g.clinic_no, g.id)
             -- next_lapse may be that of a hold that was confirmed since.
             and (g.taken < g.capacity
                  or g.next_lapse <= statement_timestamp()
                     and g.taken - lapsed_units(g.clinic_no, g.id, g.next_lapse, statement_timestamp()) < g.capacity))
   order by t.at
   limit p_limit;
end
$function$;
