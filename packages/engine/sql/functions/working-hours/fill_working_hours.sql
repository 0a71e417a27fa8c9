-- fill_working_hours: one step of filling a doctor's calendar by the working hours, up to the clinic's booking horizon,
-- and of withdrawing what former hours have left: working_hours_plan. A step is of at most 200 days, and of about
-- 500 sessions and slots. Returns whether all is done, and whether sessions or slots were created or withdrawn; call it
-- until it is done.
--
-- What is created in a busy time of the doctor is blocked, as by create_slots. A doctor who is not active has nothing
-- to do: it is done when the doctor is active again.
-- Locks: the clinic (FOR SHARE: a change of its time zone counts what is created, or waits); the doctor; how far it is
--   filled; the slots of former hours, by (clinic_no, id), and their lapsed holds; then as create_slots.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes; a band is filled once on a day, also by two calls at the same time.
create or replace function holdfast.fill_working_hours(p_clinic_no integer, p_resource_id uuid)
returns table (is_done boolean, has_changed boolean, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
#variable_conflict use_column
declare
  c_days_max constant integer := 200;
  c_slots_max constant integer := 500;
  v_clinic clinic;
  v_active boolean;
  v_calendar working_calendar;
  v_now timestamptz;
  v_today date; v_from date; v_to date; v_target date;
  v_former uuid[]; v_lapsed uuid[]; v_kept uuid[];
  v_plan working_step[];
  v_new working_step[];
  -- Of these, null where something was in the way.
  v_new_ids uuid[];
  v_step record;
begin
  select c.* into v_clinic from clinic c where c.no = p_clinic_no for share;
  select r.active into v_active
    from resource r
   where r.clinic_no = p_clinic_no and r.id = p_resource_id and r.kind = 'doctor' for no key update;
  select w.* into v_calendar
    from working_calendar w where w.clinic_no = p_clinic_no and w.resource_id = p_resource_id for update;
  v_now := clock_timestamp();
  v_today := (v_now at time zone v_clinic.timezone)::date;
  -- What began yesterday may last into today.
  v_from := greatest(v_calendar.filled_until + 1, v_today - 1);
  v_target := greatest(v_today + v_clinic.booking_horizon_days, v_calendar.reaches_until);
  is_done := v_calendar.clinic_no is null or not v_active or v_from > v_target;
  has_changed := false;
  if is_done then
    return next;
    return;
  end if;

  -- 1. Which days: as many as have about c_slots_max slots, new or former ones.
  select coalesce(max(q.day) filter (where q.total <= c_slots_max), v_from) into v_to
    from (select d.at::date as day, sum(coalesce(n.slots, 0) + coalesce(e.slots, 0)) over (order by d.at) as total
            from generate_series(v_from::timestamp, least(v_target, v_from + c_days_max - 1)::timestamp,
                                 interval '1 day') d(at)
            left join (select t.day, sum(coalesce(extract(epoch from t.ends_at - t.starts_at) / 60 / t.slot_minutes, 1))
                                       as slots
                         from working_times(p_clinic_no, p_resource_id, v_from, v_from + c_days_max) t
                        group by t.day) n on n.day = d.at::date
            left join (select b.day, sum(cardinality(b.slot_ids)) as slots
                         from band_day b
                        where b.clinic_no = p_clinic_no and b.resource_id = p_resource_id
                        group by b.day) e on e.day = d.at::date) q;

  -- 2. The slots that may be withdrawn: claims of slots do not lock the doctor.
  v_former := array(
    select i.id
      from band_day b
     cross join lateral unnest(b.slot_ids) i(id)
     where b.clinic_no = p_clinic_no and b.resource_id = p_resource_id and b.day between v_from and v_to + 2
       and (b.is_former or not exists (select from working_times(p_clinic_no, p_resource_id, v_from, v_to + 2) t
                                        where t.day = b.day and t.band = b.band))
    union all
    -- Empty ones of visits, which create_slots withdraws where it needs their time.
    select s.id from slot s
     where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.session_id is not null
       and s.withdrawn_at is null and s.taken = 0
       and s.starts_at between ((v_from - 2)::timestamp at time zone 'UTC')
                           and ((v_to + 4)::timestamp at time zone 'UTC'));
  perform 1 from slot s where s.clinic_no = p_clinic_no and s.id = any (v_former) order by s.clinic_no, s.id for update;
  v_now := clock_timestamp();
  v_plan := array(select p from working_hours_plan(p_clinic_no, p_resource_id, v_from, v_to, v_now) p);
  v_lapsed := array(select s.id from slot s
                     where s.clinic_no = p_clinic_no and s.taken > 0 and s.next_lapse <= v_now
                       and s.id in (select p.id from unnest(v_plan) p
                                     where p.what = 'slot' and p.action in ('withdraw', 'fits', 'affected')));
  v_kept := array(select p.id from unnest(v_plan) p
                   where p.what = 'slot' and p.action = 'keep' and p.former_band is not null);
  tx := pg_current_xact_id();
  if v_lapsed <> '{}' then
    -- Their units may be offered to those who wait, and after that no booking may be locked: the next call goes on.
    perform lapse_holds(array_fill(p_clinic_no, array[cardinality(v_lapsed)]), v_lapsed, v_now);
    return next;
    return;
  end if;

  -- 3. What former hours have left.
  update slot s
     set withdrawn_at = v_now, next_lapse = null,
         digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, v_now, s.blocked_at,
                              visit_of_slot(s))
   where s.clinic_no = p_clinic_no and s.taken = 0
     and s.id in (select p.id from unnest(v_plan) p where p.what = 'slot' and p.action = 'withdraw');
  update open_session s set withdrawn_at = v_now
   where s.clinic_no = p_clinic_no
     and s.id in (select p.id from unnest(v_plan) p where p.what = 'session' and p.action = 'withdraw');
  delete from band_day b
   where b.clinic_no = p_clinic_no and b.resource_id = p_resource_id
     and (b.day < v_today - 7
          or b.day between v_from and v_to
             and (b.is_former or not exists (select from working_times(p_clinic_no, p_resource_id, v_from, v_to) t
                                              where t.day = b.day and t.band = b.band)));
  insert into band_day (clinic_no, resource_id, day, band, slot_ids, is_former)
  select p_clinic_no, p_resource_id, p.day, p.band, array_agg(p.id), true
    from unnest(v_plan) p where p.what = 'slot' and p.action in ('fits', 'affected')
   group by p.day, p.band;
  -- What was kept of the days after v_to is of the new band alone.
  update band_day b set slot_ids = array(select i.id from unnest(b.slot_ids) i(id) where i.id <> all (v_kept))
   where b.clinic_no = p_clinic_no and b.resource_id = p_resource_id and b.day between v_to + 1 and v_to + 2
     and b.slot_ids && v_kept;

  -- 4. What the hours lack.
  for v_step in select p.* from unnest(v_plan) p where p.what = 'session' and p.action = 'create' loop
    perform create_sessions(p_clinic_no, p_resource_id, array[new_id(p_clinic_no, v_now)], array[v_step.starts_at],
                            array[v_step.ends_at], v_step.grid_minutes, v_step.visit_type_ids, v_step.band, v_step.day);
  end loop;
  v_new := array(select p from unnest(v_plan) p where p.what = 'slot' and p.action = 'create' order by p.starts_at);
  if cardinality(v_new) > 0 then
    v_new_ids := array(
      select case when c.outcome = 'created' then c.slot_id end
        from create_slots(p_clinic_no, p_resource_id, array(select new_id(p_clinic_no, v_now) from unnest(v_new)),
                          array(select n.starts_at from unnest(v_new) n), array(select n.ends_at from unnest(v_new) n),
                          array(select n.capacity from unnest(v_new) n), false) c
       order by c.ord);
  end if;
  insert into band_day (clinic_no, resource_id, day, band, slot_ids)
  select p_clinic_no, p_resource_id, t.day, t.band, coalesce(i.ids, '{}')
    from working_times(p_clinic_no, p_resource_id, v_from, v_to) t
    left join (select p.day, p.band, array_agg(p.id) as ids
                 from (select p.day, p.band, p.id
                         from unnest(v_plan) p
                        where p.what = 'slot' and p.action = 'keep' and p.former_band is not null
                       union all
                       select n.day, n.band, v_new_ids[n.place]
                         from unnest(v_new) with ordinality
                           n(what, action, band, day, former_band, id, starts_at, ends_at, grid_minutes, capacity,
                             visit_type_ids, place)
                        where v_new_ids[n.place] is not null) p
                group by p.day, p.band) i on i.day = t.day and i.band = t.band
  on conflict do nothing;
  update working_calendar w
     set filled_until = v_to,
         reaches_until = (select max(b.day) from band_day b
                           where b.clinic_no = p_clinic_no and b.resource_id = p_resource_id)
   where w.clinic_no = p_clinic_no and w.resource_id = p_resource_id;
  is_done := v_to >= v_target;
  has_changed := exists (select from unnest(v_plan) p where p.action in ('create', 'withdraw'));
  return next;
end
$function$;
