-- case_starts: the starts between two instants of a local day at which a stretch of feasible starts of a case can
-- begin, or go on from the day before, in rooms of a clinic, with the block that each is in. They are multiples of
-- p_step from p_day_start, and not before p_now.
-- A stretch is of one room and block, or the room's open time. It begins only where something ends: another case or
-- clinic slot of what the case needs, or an absence; or where a block or the opening time begins or ends. The first
-- start of the day is in any case one of those that are returned.
--
-- p_overrun: the result of overrun_allocations.
-- n: the room's place in p_room_ids. block_id: null in open time. is_own: the block belongs to the case's service or
-- surgeon (block_is_for). If p_plan names a block, only the starts in it are returned.
-- Internal. Locks: none. Fails: as case_needs. Idempotent: yes.
create or replace function holdfast.case_starts(
  p_clinic_no integer, p_plan jsonb, p_patient_id uuid, p_room_ids uuid[], p_timezone text, p_day_start timestamptz,
  p_day_end timestamptz, p_step interval, p_now timestamptz, p_overrun holdfast.allocation[]
) returns table (room_id uuid, n bigint, at timestamptz, block_id uuid, is_own boolean)
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
begin
  return query
  with needed as materialized (
    -- All but the room.
    select n.resource_id, n.resource_kind
      from case_needs(p_clinic_no, p_plan || jsonb_build_object('startsAt', p_now), p_patient_id) n
  ), edge as (
    select null::uuid as room_id, greatest(p_day_start, p_now) as at
    union all
    select null, upper(a.during)
      from needed n
      join allocation a on a.clinic_no = p_clinic_no and a.resource_id = n.resource_id
                       and a.during && tstzrange(p_day_start, p_day_end)
    union all
    select null, upper(time_of_slot(s))
      from needed n
      join slot s on s.clinic_no = p_clinic_no and s.resource_id = n.resource_id and takes_time(s)
                 and tstzrange(s.starts_at, s.ends_at) && with_buffers(tstzrange(p_day_start, p_day_end))
                 and time_of_slot(s) && tstzrange(p_day_start, p_day_end)
    union all
    select null, upper(t.during)
      from needed n
     cross join lateral closure_times(p_clinic_no, p_day_start, p_day_end, n.resource_id) t
     -- Only doctors have closures, and each call reads those of the clinic.
     where n.resource_kind = 'doctor' and t.resource_id = n.resource_id
    union all
    select r.id, upper(a.during)
      from unnest(p_room_ids) r(id)
      join allocation a on a.clinic_no = p_clinic_no and a.resource_id = r.id
                       and a.during && tstzrange(p_day_start, p_day_end)
    union all
    select case when o.kind = 'room' then o.resource_id end, upper(o.during)
      from unnest(p_overrun) o
     where upper(o.during) >= p_day_start
       and (o.resource_id = any (p_room_ids) or o.resource_id in (select n.resource_id from needed n))
    union all
    select r.id, e.at
      from unnest(p_room_ids) r(id)
      join slot s on s.clinic_no = p_clinic_no and s.resource_id = r.id and s.withdrawn_at is null
                 and tstzrange(s.starts_at, s.ends_at) && tstzrange(p_day_start, p_day_end)
     cross join lateral (values (s.starts_at), (s.ends_at)) e(at)
    union all
    select r.id, lower(o.hours)
      from unnest(p_room_ids) r(id)
      join resource t on t.clinic_no = p_clinic_no and t.id = r.id
     cross join lateral unnest(open_hours(t.hours, p_timezone, p_day_start, p_day_end)) o(hours)
  ), start as (
    select distinct r.id as room_id, r.n,
           p_day_start + p_step * ceil(extract(epoch from greatest(e.at, p_day_start, p_now) - p_day_start)
                                       / extract(epoch from p_step)) as at
      from edge e
      join unnest(p_room_ids) with ordinality r(id, n) on r.id = coalesce(e.room_id, r.id)
     where e.at < p_day_end
  )
  select s.room_id, s.n, s.at, case when c.is_block then c.id end,
         c.is_block is true and (k.service is not null or k.surgeon_id is not null)
           and block_is_for(k, p_plan->>'service', (p_plan->>'surgeonId')::uuid)
    from start s
    left join lateral case_slot(p_clinic_no, s.room_id, s.at) c on true
    left join block k on k.clinic_no = p_clinic_no and k.slot_id = c.id
   where s.at < p_day_end
     and (p_plan->>'blockId' is null or c.is_block and c.id = (p_plan->>'blockId')::uuid);
end
$function$;
