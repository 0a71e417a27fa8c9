-- suggest_cases: the first starts at which a case has no conflict, by start and room, as
-- {suggestions: [{roomId, startsAt, endsAt, blockId}], refusals: [{day, reasons, busy: [{resourceId, name}]}],
-- searchedUntil}, or {invalid}, as case_invalid, also for a room of p_room_ids.
-- refusals: of each day without a suggestion that was examined to its end.
-- searchedUntil: the first day that was not examined to its end, because there were too many starts; else null.
--
-- Starts are multiples of p_step_minutes from local midnight, from now on. Of a stretch of feasible starts in one room
-- and on one day, the first is suggested. Such a stretch begins only where something ends: another case or clinic slot
-- of what the case needs; or where a block, the day or the opening time begins or ends. So only these are examined, and
-- each by case_conflicts, as a claim is: suggest.test.ts compares with all starts.
--
-- p_plan: as for schedule_cases, without room and start. p_room_ids: null: all active ones.
-- It stops after 10,000 examined starts: six to eight seconds of CPU, measured with 30 rooms and 300 cases a day, of
-- which each has 1,700 to 3,100 starts.
-- Locks: none. Fails: as case_needs. Idempotent: yes.
create or replace function holdfast.suggest_cases(
  p_clinic_no integer, p_plan jsonb, p_room_ids uuid[], p_except_ids uuid[], p_from date, p_to date,
  p_step_minutes integer, p_limit integer
) returns jsonb
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set timezone = 'UTC'
set jit = off
as $function$
declare
  c_checks_max constant integer := 10000;
  v_now constant timestamptz := clock_timestamp();
  v_minutes constant integer := p_plan->>'minutes';
  v_step constant interval := make_interval(mins => p_step_minutes);
  v_patient_id constant uuid := patient_of(p_clinic_no, p_plan);
  v_timezone constant text := (select c.timezone from clinic c where c.no = p_clinic_no);
  v_room_ids constant uuid[] := array(
    select r.id from resource r
     where r.clinic_no = p_clinic_no and r.kind = 'operating_room' and r.active
       and (p_room_ids is null or r.id = any (p_room_ids)) order by r.name, r.id);
  v_suggestions jsonb := '[]'; v_refusals jsonb := '[]'; v_found jsonb;
  v_times jsonb; -- How often each conflict was found on the day, by its [kind, resourceId, name].
  v_checks integer := 0; v_is_suggested boolean;
  v_day date; v_searched_until date; v_day_start timestamptz; v_day_end timestamptz;
  v_plan jsonb;
  v_start record;
begin
  select case when i.invalid->>'path' = '/roomId' then i.invalid || jsonb_build_object('path', '/roomIds/' || r.n - 1)
              else i.invalid end
    into v_found
    from unnest(coalesce(nullif(p_room_ids, '{}'), array[v_room_ids[1]])) with ordinality r(id, n)
   cross join lateral (
     select case_invalid(p_clinic_no, p_plan || jsonb_build_object('roomId', r.id, 'startsAt', v_now)) as invalid) i
   where i.invalid is not null
   order by r.n
   limit 1;
  if v_found is not null then
    return jsonb_build_object('invalid', v_found);
  end if;
  v_day := p_from;
  while v_day <= p_to and v_searched_until is null and jsonb_array_length(v_suggestions) < p_limit loop
    v_day_start := v_day::timestamp at time zone v_timezone;
    v_day_end := (v_day + 1)::timestamp at time zone v_timezone;
    v_times := '{}';
    v_is_suggested := false;
    for v_start in
      with needed as materialized (
        -- All but the room.
        select n.resource_id
          from case_needs(p_clinic_no, p_plan || jsonb_build_object('startsAt', v_now), v_patient_id) n
      ), edge as (
        select null::uuid as room_id, greatest(v_day_start, v_now) as at
        union all
        select null, upper(a.during)
          from needed n
          join allocation a on a.clinic_no = p_clinic_no and a.resource_id = n.resource_id
                           and a.during && tstzrange(v_day_start, v_day_end)
        union all
        select null, s.ends_at
          from needed n
          join slot s on s.clinic_no = p_clinic_no and s.resource_id = n.resource_id and s.withdrawn_at is null
                     and tstzrange(s.starts_at, s.ends_at) && tstzrange(v_day_start, v_day_end)
        union all
        select r.id, upper(a.during)
          from unnest(v_room_ids) r(id)
          join allocation a on a.clinic_no = p_clinic_no and a.resource_id = r.id
                           and a.during && tstzrange(v_day_start, v_day_end)
        union all
        select r.id, e.at
          from unnest(v_room_ids) r(id)
          join slot s on s.clinic_no = p_clinic_no and s.resource_id = r.id and s.withdrawn_at is null
                     and tstzrange(s.starts_at, s.ends_at) && tstzrange(v_day_start, v_day_end)
         cross join lateral (values (s.starts_at), (s.ends_at)) e(at)
        union all
        select r.id, lower(o.hours)
          from unnest(v_room_ids) r(id)
          join resource t on t.clinic_no = p_clinic_no and t.id = r.id
         cross join lateral unnest(open_hours(t.hours, v_timezone, v_day_start, v_day_end)) o(hours)
      ), start as (
        select distinct r.id as room_id, r.n,
               v_day_start + v_step * ceil(extract(epoch from greatest(e.at, v_day_start, v_now) - v_day_start)
                                           / extract(epoch from v_step)) as at
          from edge e
          join unnest(v_room_ids) with ordinality r(id, n) on r.id = coalesce(e.room_id, r.id)
         where e.at < v_day_end
      )
      select s.room_id, s.at from start s where s.at < v_day_end order by s.at, s.n
    loop
      if v_checks >= c_checks_max then
        v_searched_until := v_day;
        exit;
      end if;
      v_plan := p_plan || jsonb_build_object('roomId', v_start.room_id, 'startsAt', v_start.at);
      v_found := case_conflicts(p_clinic_no, v_plan, v_patient_id, p_except_ids, v_now);
      v_checks := v_checks + 1;
      if v_found = '[]' and v_start.at - v_step >= greatest(v_day_start, v_now)
         and case_conflicts(p_clinic_no,
                            v_plan || jsonb_build_object('startsAt', v_start.at - v_step), v_patient_id, p_except_ids,
                            v_now) = '[]' then
        continue;
      elsif v_found = '[]' then
        v_is_suggested := true;
        v_suggestions := v_suggestions || jsonb_build_object(
          'roomId', v_start.room_id, 'startsAt', v_start.at,
          'endsAt', v_start.at + make_interval(mins => v_minutes),
          'blockId', (select s.id from case_slot(p_clinic_no, v_start.room_id, v_start.at) s where s.is_block));
      else
        -- Only their number: a copy of all conflicts at each start took 19 s for a day of 30 rooms and 300 cases.
        v_times := (
          select jsonb_object_agg(q.key, q.times)
            from (select o.key, sum(o.times) as times
                    from (select t.key, t.value::integer from jsonb_each(v_times) t
                          union all
                          select jsonb_build_array(f->'kind', f->'resourceId', f->'name')::text, 1
                            from jsonb_array_elements(v_found) f) o(key, times)
                   group by o.key) q);
      end if;
      exit when jsonb_array_length(v_suggestions) >= p_limit;
    end loop;
    if not v_is_suggested and v_searched_until is null then
      v_refusals := v_refusals || jsonb_build_object(
        'day', v_day,
        'reasons', (select coalesce(jsonb_agg(q.kind order by q.times desc, q.kind), '[]')
                      from (select t.key::jsonb->>0 as kind, sum(t.value::integer) as times from jsonb_each(v_times) t
                             group by 1) q),
        'busy', (select coalesce(jsonb_agg(jsonb_build_object('resourceId', q.resource_id, 'name', q.name)
                                           order by q.times desc, q.name, q.resource_id), '[]')
                   from (select t.key::jsonb->>1 as resource_id, t.key::jsonb->>2 as name,
                                sum(t.value::integer) as times
                           from jsonb_each(v_times) t
                          where t.key::jsonb->>0 in ('resource_busy', 'units_missing') group by 1, 2) q));
    end if;
    v_day := v_day + 1;
  end loop;
  return jsonb_build_object('suggestions', v_suggestions, 'refusals', v_refusals,
                            'searchedUntil', v_searched_until);
end
$function$;
