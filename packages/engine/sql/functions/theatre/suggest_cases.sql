-- suggest_cases: the best starts at which a case has no conflict, so that nobody has to override one, as
-- {suggestions: [{roomId, startsAt, endsAt, blockId, isOwnBlock, waivedRules}], refusals: [{day, reasons, busy:
-- [{resourceId, name}]}], searchedUntil}, or {invalid}, as case_invalid, also for a room of p_room_ids.
-- The best are those in blocks of the case's service or surgeon (isOwnBlock), of all days; then the others; both by
-- start and room.
-- For urgent and immediate cases, the soonest are the best. They need not keep to the plan (case_conflicts):
-- waivedRules names what they break of opening times, blocks and absences. Of starts at the same time, those that break
-- nothing come first, and at most half of the first ones, rounded up, break something. Once so many do, no day after
-- the second one is examined. If p_plan names a block (blockId), which is filled from the waitlist, nothing is waived:
-- nobody has chosen to overrun it.
-- refusals: one for each day without a start that was examined to its end.
-- searchedUntil: the first day that was not examined to its end, because there were too many starts; else null.
--
-- From a stretch of feasible starts in one room and block, with the same waivedRules, the first is suggested, or its
-- first one from p_from on: a stretch may last over midnight. case_starts has these. Each is examined by
-- case_conflicts, as a claim is: suggest.test.ts compares with all starts.
-- The best of them, at most half of p_limit, rounded up, are followed by later starts of their stretches, an hour
-- apart, in the same order; those of urgent and immediate cases that break nothing come before the others. The rest of
-- the first starts follow. Of cases that keep to the plan, those outside their own blocks come last whose turnover
-- another owner's block loses (takes_from_block).
--
-- p_plan: as for schedule_cases, without room and start. p_room_ids: null: all active ones.
-- It stops after 10,000 calls of case_conflicts: six to eight seconds of CPU, measured with 30 rooms and 300 cases a
-- day, of which each has 1,700 to 3,100 starts. Half may be for the case's own blocks, which are examined first. Later
-- starts need at most p_limit more.
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
  c_apart constant interval := '1 hour'; -- Suggestions of one stretch.
  v_minutes constant interval := make_interval(mins => (p_plan->>'minutes')::integer);
  v_surgeon_id constant uuid := p_plan->>'surgeonId';
  v_step constant interval := make_interval(mins => p_step_minutes);
  v_patient_id constant uuid := patient_of(p_clinic_no, p_plan);
  v_timezone constant text := (select c.timezone from clinic c where c.no = p_clinic_no);
  v_room_ids constant uuid[] := array(
    select r.id from resource r
     where r.clinic_no = p_clinic_no and r.kind = 'operating_room' and r.active
       and (p_room_ids is null or r.id = any (p_room_ids)) order by natural_order(r.name), r.id);
  v_day_room_ids uuid[]; -- The rooms of v_room_ids whose starts are examined.
  v_is_urgent constant boolean := coalesce(p_plan->>'urgency', '') in ('urgent', 'immediate');
  -- The plan has no urgency: so the conflicts do not say who would give way.
  v_wanted constant jsonb := p_plan - 'urgency'
    || case when v_is_urgent and p_plan->>'blockId' is null
            then '{"override": {"rules": ["outside_hours", "block_owned", "block_overrun", "person_away"]}}'::jsonb
            else '{}' end;
  v_first_max constant integer := (p_limit + 1) / 2; -- First starts before later ones.
  v_waiving_max constant integer := v_first_max;
  v_suggestions jsonb := '[]'; v_refusals jsonb := '[]'; v_found jsonb;
  -- Those that come after v_suggestions: later starts; first starts beyond v_first_max; and starts whose turnover
  -- reaches into a block of others.
  v_later jsonb := '[]'; v_far jsonb; v_last jsonb := '[]';
  v_waived jsonb; v_waiving integer := 0;
  v_ends_at timestamptz; v_last_at timestamptz;
  v_ended bigint[] := '{}'; -- The stretches that have no later start.
  v_times jsonb; -- How often each conflict was found on the day, by its [kind, resourceId, name].
  v_times_of_days jsonb := '{}';
  v_checks integer := 0; v_checks_max integer; v_is_own boolean; v_is_stopped boolean;
  v_overrun allocation[];
  v_own_until date := p_from; -- The first day whose starts in own blocks are still to be examined.
  v_suggested_days date[] := '{}';
  v_search_start constant timestamptz := p_from::timestamp at time zone v_timezone;
  v_search_end constant timestamptz := (p_to + 1)::timestamp at time zone v_timezone;
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
                          and block_is_for(k, p_plan->>'service', v_surgeon_id))
         order by r.n) end;
      for v_start in
        select s.room_id, s.at, s.block_id, s.is_own
          from case_starts(p_clinic_no, v_wanted, v_patient_id, v_day_room_ids, v_timezone, v_day_start, v_day_end,
                           v_step, v_now, v_overrun) s
         where case when v_is_own then s.is_own
                    else not s.is_own
                         or v_day >= v_own_until
                            -- The pass of own blocks was stopped on this day: what it has found is known.
                            and not v_suggestions || v_last @> jsonb_build_array(
                              jsonb_build_object('roomId', s.room_id, 'startsAt', s.at)) end
         order by s.at, not s.is_own, s.n
      loop
        exit passes when jsonb_array_length(v_suggestions) >= p_limit
                         and not (v_is_urgent and v_start.at = v_last_at);
        v_is_stopped := v_checks >= v_checks_max;
        exit when v_is_stopped;
        v_plan := v_wanted || jsonb_build_object('roomId', v_start.room_id, 'startsAt', v_start.at);
        v_found := case_conflicts(p_clinic_no, v_plan, v_patient_id, p_except_ids, v_now, p_overrun => v_overrun);
        v_checks := v_checks + 1;
        if v_found = '[]' then
          v_waived := waived_rules(p_clinic_no, v_plan, v_patient_id, p_except_ids, v_now, v_overrun);
          v_suggested_days := v_suggested_days || v_day;
          if v_start.at - v_step >= greatest(v_search_start, v_now)
             and v_start.block_id is not distinct from (
               select s.id from case_slot(p_clinic_no, v_start.room_id, v_start.at - v_step) s where s.is_block) then
            v_plan := v_plan || jsonb_build_object('startsAt', v_start.at - v_step);
            v_checks := v_checks + 1;
            continue when
              case_conflicts(p_clinic_no, v_plan, v_patient_id, p_except_ids, v_now, p_overrun => v_overrun) = '[]'
              and waived_rules(p_clinic_no, v_plan, v_patient_id, p_except_ids, v_now, v_overrun) = v_waived;
          end if;
          v_ends_at := v_start.at + v_minutes;
          v_found := jsonb_build_object('roomId', v_start.room_id, 'startsAt', v_start.at, 'endsAt', v_ends_at,
                                        'blockId', v_start.block_id, 'isOwnBlock', v_start.is_own,
                                        'waivedRules', v_waived);
          if not (v_is_urgent or v_start.is_own)
             and takes_from_block(p_clinic_no, v_start.room_id, v_ends_at, p_plan->>'service', v_surgeon_id,
                                  v_now) then
            v_last := v_last || v_found;
          elsif v_waived = '[]' or v_waiving < v_waiving_max then
            v_waiving := v_waiving + (v_waived <> '[]')::integer;
            v_suggestions := v_suggestions || v_found;
            v_last_at := v_start.at;
          end if;
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
      end loop;
      exit passes when jsonb_array_length(v_suggestions) >= p_limit;
      exit when v_is_stopped;
      -- An emergency waits for no start of a later day that would break nothing.
      exit passes when v_waiving >= v_waiving_max and v_day > p_from;
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
                            where t.key::jsonb->>0 in ('resource_busy', 'units_missing', 'person_away')
                            group by 1, 2) q));
      end if;
      v_day := v_day + 1;
    end loop;
    v_searched_until := case when v_is_stopped and not v_is_own then v_day end;
  end loop;
  select coalesce(jsonb_agg(q.item order by q.n) filter (where q.n <= v_first_max), '[]'),
         coalesce(jsonb_agg(q.item order by q.n) filter (where q.n > v_first_max), '[]')
    into v_suggestions, v_far
    from (select s.item, row_number() over (order by not v_is_urgent and not (s.item->>'isOwnBlock')::boolean,
                                                     case when v_is_urgent then s.item->>'startsAt' end,
                                                     s.item->'waivedRules' <> '[]', s.n) as n
            from jsonb_array_elements(v_suggestions) with ordinality s(item, n)) q;

  for v_start in
    with stretch as (
      select s.n, s.item, (s.item->>'roomId')::uuid as room_id, (s.item->>'startsAt')::timestamptz as at
        from jsonb_array_elements(v_suggestions || v_far) with ordinality s(item, n)
    )
    select s.n, s.room_id, h.at, s.item
      from stretch s
     cross join lateral generate_series(
       s.at + c_apart, least(v_search_end - v_step, s.at + p_limit * c_apart), c_apart) h(at)
     where s.n <= v_first_max
       and not exists (select from stretch t where t.room_id = s.room_id and t.at > s.at and t.at <= h.at)
     order by case when v_is_urgent then s.item->'waivedRules' <> '[]'
                   else not (s.item->>'isOwnBlock')::boolean end, h.at, s.n
  loop
    exit when jsonb_array_length(v_suggestions || v_later) >= p_limit;
    -- Later starts that break something take no place of first ones.
    exit when v_start.item->'waivedRules' <> '[]'
              and jsonb_array_length(v_suggestions || v_later || v_far) >= p_limit;
    continue when v_start.n = any (v_ended);
    v_plan := v_wanted || jsonb_build_object('roomId', v_start.room_id, 'startsAt', v_start.at);
    v_ends_at := v_start.at + v_minutes;
    if (v_start.item->>'blockId')::uuid is not distinct from (
         select s.id from case_slot(p_clinic_no, v_start.room_id, v_start.at) s where s.is_block)
       and case_conflicts(p_clinic_no, v_plan, v_patient_id, p_except_ids, v_now, p_overrun => v_overrun) = '[]'
       and (v_is_urgent or (v_start.item->>'isOwnBlock')::boolean
            or not takes_from_block(p_clinic_no, v_start.room_id, v_ends_at, p_plan->>'service', v_surgeon_id,
                                    v_now)) then
      v_later := v_later || (v_start.item || jsonb_build_object(
        'startsAt', v_start.at, 'endsAt', v_ends_at,
        'waivedRules', waived_rules(p_clinic_no, v_plan, v_patient_id, p_except_ids, v_now, v_overrun)));
    else
      v_ended := v_ended || v_start.n;
    end if;
  end loop;
  v_suggestions := (
    select coalesce(jsonb_agg(s.item order by s.n), '[]')
      from jsonb_array_elements(v_suggestions || v_later || v_far || v_last) with ordinality s(item, n)
     where s.n <= p_limit);
  return jsonb_build_object('suggestions', v_suggestions, 'refusals', v_refusals,
                            'searchedUntil', v_searched_until);
end
$function$;
