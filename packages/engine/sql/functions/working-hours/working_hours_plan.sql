-- working_hours_plan: what the working hours of a doctor have from the day p_from to p_to, what they lack, and what
-- former ones have left there; one row for each session, slot and visit that is not over at p_now.
--
-- action of a session or slot: keep (it is as the hours say; former_band: another band created it) | create | conflict
--   (it would be created, but for a session or slot that stays, or a case of the doctor) | withdraw (former hours
--   created it, and it is empty; visits in a session stay) | fits (former hours created the slot, it has bookings, and
--   is within the hours) | affected (the same, but it is not within the hours). Of a visit in a session that working
--   hours opened: affected, if it is not within the hours.
-- What people created is neither kept nor withdrawn. A band that was filled on a day is not filled again: what people
-- have withdrawn of it stays so. Holds that have lapsed by p_now do not count.
-- A band of p_to lasts into the next day. What former hours created on the two days after p_to is planned, too, if it
-- equals or overlaps what is new: kept, as of the new band, or withdrawn. The rest is planned with its own day.
-- p_draft: {"validFrom", "validUntil", "bands"}, working hours that are planned as if they had replaced all from their
-- validFrom on; null: none.
-- Locks: none. Called under the locks of the doctor and of these slots, its result is final.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.working_hours_plan(
  p_clinic_no integer, p_resource_id uuid, p_from date, p_to date, p_now timestamptz,
  p_draft jsonb default null
) returns setof holdfast.working_step
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $function$
  with times as materialized (
    -- A slot at the edge may be in the times of a day beside it.
    select t.* from working_times(p_clinic_no, p_resource_id, p_from - 2, p_to + 2, p_draft) t
  ), hours as materialized (
    select coalesce(range_agg(tstzrange(t.starts_at, t.ends_at)), '{}') as during from times t
  ), filled as materialized (
    select e.day, e.band, e.slot_ids,
           not e.is_former and (e.day, e.band) in (select t.day, t.band from times t) as is_wanted
      from band_day e
     where e.clinic_no = p_clinic_no and e.resource_id = p_resource_id and e.day between p_from and p_to + 2
  ), wanted as materialized (
    select t.* from times t
     where t.day between p_from and p_to and t.ends_at > p_now
       and (t.day, t.band) not in (select f.day, f.band from filled f where f.is_wanted)
  ), sessions as materialized (
    select o.*, (o.day, o.band) in (select t.day, t.band from times t) as is_wanted
      from open_session o
     where o.clinic_no = p_clinic_no and o.resource_id = p_resource_id and o.withdrawn_at is null
       and o.day between p_from and p_to + 2 and o.ends_at > p_now
       and o.starts_at between ((p_from - 2)::timestamp at time zone 'UTC')
                           and ((p_to + 5)::timestamp at time zone 'UTC')
  ), slots as materialized (
    select f.day, f.band, f.is_wanted, s.id, s.starts_at, s.ends_at, s.capacity,
           s.taken > case when s.next_lapse <= p_now then lapsed_units(s.clinic_no, s.id, s.next_lapse, p_now)
                          else 0 end as is_taken
      from filled f
     cross join lateral unnest(f.slot_ids) i(id)
      join slot s on s.clinic_no = p_clinic_no and s.id = i.id
     where s.withdrawn_at is null and s.starts_at > p_now
  ), new_slots as materialized (
    select w.band, w.day, n.at as starts_at, n.at + make_interval(mins => w.slot_minutes) as ends_at, w.capacity
      from wanted w
     cross join lateral generate_series(w.starts_at, w.ends_at - make_interval(mins => w.slot_minutes),
                                        make_interval(mins => w.slot_minutes)) n(at)
     where n.at > p_now
  ), new_times as materialized (
    select coalesce(range_agg(tstzrange(n.starts_at, n.ends_at)), '{}') as during from new_slots n
  ), former as materialized (
    select s.*, n.band as new_band, n.day as new_day,
           s.day <= p_to or n.band is not null
             or not s.is_taken and t.during && tstzrange(s.starts_at, s.ends_at) as is_planned
      from slots s
     cross join new_times t
      left join new_slots n on n.starts_at = s.starts_at and n.ends_at = s.ends_at and n.capacity = s.capacity
     where not s.is_wanted
  ), taken as materialized (
    -- All at once: one search for each new slot takes seconds where an index of them is badly chosen.
    select coalesce(range_agg(q.during), '{}') as during
      from (select time_of_slot(s) as during
              from slot s
             where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and takes_time(s)
               and s.starts_at between ((p_from - 2)::timestamp at time zone 'UTC')
                                   and ((p_to + 4)::timestamp at time zone 'UTC')
               and s.id not in (select f.id from former f where f.new_band is null and not f.is_taken)
            union all
            select a.during from allocation a
             where a.clinic_no = p_clinic_no and a.resource_id = p_resource_id
               and a.during && tstzrange((p_from - 2)::timestamp at time zone 'UTC',
                                         (p_to + 4)::timestamp at time zone 'UTC')) q
  )
  select 'session', case when s.is_wanted then 'keep' else 'withdraw' end, s.band, s.day, null::uuid, s.id, s.starts_at,
         s.ends_at, s.grid_minutes, null::integer, s.visit_type_ids
    from sessions s
   where s.day <= p_to
      or not s.is_wanted and exists (select from wanted w where w.grid_minutes is not null
                                        and w.starts_at < s.ends_at and w.ends_at > s.starts_at)
  union all
  select 'session',
         case when exists (
                select from open_session o
                 where o.clinic_no = p_clinic_no and o.resource_id = p_resource_id and o.withdrawn_at is null
                   and o.starts_at > w.starts_at - interval '25 hours' and o.starts_at < w.ends_at
                   and o.ends_at > greatest(w.starts_at, p_now)
                   and o.id not in (select s.id from sessions s where not s.is_wanted))
              then 'conflict' else 'create' end,
         w.band, w.day, null, null, w.starts_at, w.ends_at, w.grid_minutes, null, w.visit_type_ids
    from wanted w where w.grid_minutes is not null
  union all
  select 'slot', 'keep', s.band, s.day, null, s.id, s.starts_at, s.ends_at, null, s.capacity, null
    from slots s where s.is_wanted and s.day <= p_to
  union all
  select 'slot',
         case when f.new_band is not null then 'keep' when not f.is_taken then 'withdraw'
              when h.during @> tstzrange(f.starts_at, f.ends_at) then 'fits' else 'affected' end,
         coalesce(f.new_band, f.band), coalesce(f.new_day, f.day), f.band, f.id, f.starts_at, f.ends_at, null,
         f.capacity, null
    from former f cross join hours h where f.is_planned
  union all
  select 'slot',
         case when k.during && tstzrange(n.starts_at, n.ends_at)
              then 'conflict' else 'create' end,
         n.band, n.day, null, null, n.starts_at, n.ends_at, null, n.capacity, null
    from new_slots n cross join taken k
   where (n.band, n.starts_at) not in (select f.new_band, f.starts_at from former f where f.new_band is not null)
  union all
  select 'visit', 'affected', o.band, o.day, null, s.id, s.starts_at, s.ends_at, null, s.capacity, null
    from slot s
    join open_session o on o.clinic_no = s.clinic_no and o.id = s.session_id
   cross join hours h
   where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null and s.taken > 0
     and s.starts_at > p_now
     and s.starts_at between ((p_from - 2)::timestamp at time zone 'UTC') and ((p_to + 4)::timestamp at time zone 'UTC')
     and o.day between p_from and p_to
     and not h.during @> tstzrange(s.starts_at, s.ends_at)
$function$;
