-- suggest_cases: the best starts at which a case has no conflict, so that no override is needed, as
-- {suggestions: [{roomId, startsAt, endsAt, blockId, isOwnBlock}], refusals: [{day, reasons, busy: [{resourceId,
-- name}]}], searchedUntil}, or {invalid}, as case_invalid, also for a room of p_room_ids.
-- The best are those in blocks of the case's service or surgeon (isOwnBlock), of all days; then the others; both by
-- start and room. For urgent and immediate cases, the soonest are the best; they may overrun blocks (case_conflicts),
-- unless p_plan names one (blockId), which is filled from the waitlist: nobody has chosen to overrun it.
-- refusals: one for each day without a suggestion that was examined to its end.
-- searchedUntil: the first day that was not examined to its end, because there were too many starts; else null.
--
-- From a stretch of feasible starts in one room, day and block, the first is suggested: case_starts has these. Each is
-- examined by case_conflicts, as a claim is: suggest.test.ts compares with all starts.
--
-- p_plan: as for schedule_cases, without room and start. p_room_ids: null: all active ones.
-- It stops after 10,000 examined starts: six to eight seconds of CPU, measured with 30 rooms and 300 cases a day, of
-- which each has 1,700 to 3,100 starts. Half of them may be in the case's own blocks, which are examined first.
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
       and (p_room_ids is null or r.id = any (p_room_ids)) order by natural_order(r.name), r.id);
  v_day_room_ids uuid[]; -- The rooms of v_room_ids whose starts are examined.
  v_is_urgent constant boolean := coalesce(p_plan->>'urgency', '') in ('urgent', 'immediate');
  -- The plan has no urgency, so the conflicts do not say who would give way.
  v_wanted constant jsonb := p_plan - 'urgency'
    || case when v_is_urgent and p_plan->>'blockId' is null
            then '{"override": {"rules": ["block_overrun"]}}'::jsonb else '{}' end;
  v_suggestions jsonb := '[]'; v_refusals jsonb := '[]'; v_found jsonb;
  v_times jsonb; -- How often each conflict was found on the day, by its [kind, resourceId, name].
  v_times_of_days jsonb := '{}';
  v_checks integer := 0; v_checks_max integer; v_is_own boolean; v_is_stopped boolean;
  v_overrun allocation[];
  v_own_until date := p_from; -- The first day whose starts in own blocks are still to be examined.
  v_suggested_days date[] := '{}';
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
  -- Once for all starts: the cases that run change little meanwhile.
  v_overrun := array(
    select o
      from overrun_allocations(
             p_clinic_no,
             v_room_ids || array(select n.resource_id
                                   from case_needs(p_clinic_no, p_plan || jsonb_build_object('startsAt', v_now),
                                                   v_patient_id) n),
             v_now, true) o
     where o.booking_id <> all (p_except_ids));
  <<passes>>
  for v_is_own in select o.is_own from (values (true), (false)) o(is_own) where not (o.is_own and v_is_urgent) loop
    v_checks_max := case when v_is_own then c_checks_max / 2 else c_checks_max end;
    v_is_stopped := false;
    v_day := p_from;
    while v_day <= p_to loop
      v_day_start := v_day::timestamp at time zone v_timezone;
      v_day_end := (v_day + 1)::timestamp at time zone v_timezone;
      v_times := coalesce(v_times_of_days->v_day::text, '{}');
      -- The pass of own blocks counts no starts outside them, so it looks for none in rooms without such a block.
      v_day_room_ids := case when not v_is_own then v_room_ids else array(
        select r.id
          from unnest(v_room_ids) with ordinality r(id, n)
         where exists (select from slot s
                         join block k on k.clinic_no = s.clinic_no and k.slot_id = s.id
                        where s.clinic_no = p_clinic_no and s.resource_id = r.id and s.withdrawn_at is null
                          and tstzrange(s.starts_at, s.ends_at) && tstzrange(v_day_start, v_day_end)
                          and (k.service is not null or k.surgeon_id is not null)
                          and block_is_for(k, p_plan->>'service', (p_plan->>'surgeonId')::uuid))
         order by r.n) end;
      for v_start in
        select s.room_id, s.at, s.block_id, s.is_own
          from case_starts(p_clinic_no, v_wanted, v_patient_id, v_day_room_ids, v_timezone, v_day_start, v_day_end,
                           v_step, v_now, v_overrun) s
         where case when v_is_own then s.is_own
                    else not s.is_own
                         or v_day >= v_own_until
                            -- The pass of own blocks was stopped on this day: what it has found is known.
                            and not v_suggestions @> jsonb_build_array(
                              jsonb_build_object('roomId', s.room_id, 'startsAt', s.at)) end
         order by s.at, not s.is_own, s.n
      loop
        v_is_stopped := v_checks >= v_checks_max;
        exit when v_is_stopped;
        v_plan := v_wanted || jsonb_build_object('roomId', v_start.room_id, 'startsAt', v_start.at);
        v_found := case_conflicts(p_clinic_no, v_plan, v_patient_id, p_except_ids, v_now, p_overrun => v_overrun);
        v_checks := v_checks + 1;
        if v_found = '[]' and v_start.at - v_step >= greatest(v_day_start, v_now)
           and v_start.block_id is not distinct from (
             select s.id from case_slot(p_clinic_no, v_start.room_id, v_start.at - v_step) s where s.is_block)
           and case_conflicts(p_clinic_no,
                              v_plan || jsonb_build_object('startsAt', v_start.at - v_step), v_patient_id, p_except_ids,
                              v_now, p_overrun => v_overrun) = '[]' then
          continue;
        elsif v_found = '[]' then
          v_suggested_days := v_suggested_days || v_day;
          v_suggestions := v_suggestions || jsonb_build_object(
            'roomId', v_start.room_id, 'startsAt', v_start.at,
            'endsAt', v_start.at + make_interval(mins => v_minutes),
            'blockId', v_start.block_id, 'isOwnBlock', v_start.is_own);
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
        exit passes when jsonb_array_length(v_suggestions) >= p_limit;
      end loop;
      exit when v_is_stopped;
      if v_is_own then
        v_own_until := v_day + 1;
        v_times_of_days := v_times_of_days || jsonb_build_object(v_day, v_times);
      elsif v_day <> all (v_suggested_days) then
        v_refusals := v_refusals || jsonb_build_object(
          'day', v_day,
          'reasons', (select coalesce(jsonb_agg(q.kind order by q.times desc, q.kind), '[]')
                        from (select t.key::jsonb->>0 as kind, sum(t.value::integer) as times from jsonb_each(v_times) t
                               group by 1) q),
          'busy', (select coalesce(jsonb_agg(jsonb_build_object('resourceId', q.resource_id, 'name', q.name)
                                             order by q.times desc, natural_order(q.name),
                                                      q.resource_id), '[]')
                     from (select t.key::jsonb->>1 as resource_id, t.key::jsonb->>2 as name,
                                  sum(t.value::integer) as times
                             from jsonb_each(v_times) t
                            where t.key::jsonb->>0 in ('resource_busy', 'units_missing') group by 1, 2) q));
      end if;
      v_day := v_day + 1;
    end loop;
    v_searched_until := case when v_is_stopped and not v_is_own then v_day end;
  end loop;
  if not v_is_urgent then
    v_suggestions := (select coalesce(jsonb_agg(s.item order by (s.item->>'isOwnBlock')::boolean desc, s.n), '[]')
                        from jsonb_array_elements(v_suggestions) with ordinality s(item, n));
  end if;
  return jsonb_build_object('suggestions', v_suggestions, 'refusals', v_refusals,
                            'searchedUntil', v_searched_until);
end
$function$;
