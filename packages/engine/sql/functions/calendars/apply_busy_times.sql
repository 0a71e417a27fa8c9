-- apply_busy_times: blocks a doctor's slots to come that overlap a busy time (busy_times), with the buffers of their
-- visits, and frees those that no
-- longer do. Whoever has changed a source of busy times calls it; slots that are created later are blocked by
-- create_slots. Bookings stay as they are, and so do holds, which patients claimed before. Open offers of the waitlist
-- in these slots end (withdraw_offers): nobody has claimed them. What becomes free is offered to those who wait for it,
-- before anybody else sees it (offer_places). Returns how many slots it changed: at most 1,000, the earliest; call it
-- until it changes none.
--
-- Locks: the resource (FOR NO KEY UPDATE), so that create_slots sees the busy times; the slots, by (clinic_no, id);
--   then as withdraw_offers and offer_places.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes.
create or replace function holdfast.apply_busy_times(p_clinic_no integer, p_resource_id uuid) returns integer
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  v_now timestamptz;
  v_until timestamptz;
  v_busy tstzmultirange;
  v_ids uuid[];
  v_changed integer;
  v_blocked uuid[];
  v_freed uuid[];
begin
  perform 1 from resource r where r.clinic_no = p_clinic_no and r.id = p_resource_id for no key update;
  -- Rooms and devices have no slots: visits that take them ask busy_times, and who has waited for the lock sees it.
  if (select r.kind from resource r where r.clinic_no = p_clinic_no and r.id = p_resource_id) <> 'doctor' then
    insert into directory_change (clinic_no) values (p_clinic_no);
    return 0;
  end if;
  v_now := clock_timestamp();
  select max(upper(time_of_slot(s))) into v_until
    from slot s
   where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null and s.starts_at > v_now;
  if v_until is null then
    return 0;
  end if;
  select busy_times(p_clinic_no, p_resource_id, v_now - interval '4 hours', v_until) into v_busy;
  select array_agg(q.id) into v_ids
    from (select s.id from slot s
           where s.clinic_no = p_clinic_no and s.resource_id = p_resource_id and s.withdrawn_at is null
             and s.starts_at > v_now
             and (v_busy && time_of_slot(s)) <> (s.blocked_at is not null)
           order by s.starts_at
           limit 1000) q;
  if v_ids is null then
    return 0;
  end if;
  perform 1 from slot s where s.clinic_no = p_clinic_no and s.id = any (v_ids) order by s.clinic_no, s.id for update;
  v_now := clock_timestamp();
  with changed as (
    update slot s
       set blocked_at = case when s.blocked_at is null then v_now end,
           digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.capacity, s.withdrawn_at,
                                case when s.blocked_at is null then v_now end, visit_of_slot(s))
     where s.clinic_no = p_clinic_no and s.id = any (v_ids) and s.withdrawn_at is null
       and (v_busy && time_of_slot(s)) <> (s.blocked_at is not null)
    returning s.id, s.blocked_at, takes_time(s)
  )
  select count(*), array_agg(c.id) filter (where c.blocked_at is not null),
         array_agg(c.id) filter (where c.blocked_at is null and c.takes_time)
    into v_changed, v_blocked, v_freed
    from changed c;
  -- For the calendars in memory: one line, and not one for each slot.
  insert into directory_change (clinic_no, resource_id) values (p_clinic_no, p_resource_id);
  if v_blocked is not null then
    perform withdraw_offers(p_clinic_no, v_blocked);
  end if;
  if v_freed is not null then
    perform offer_places(array_fill(p_clinic_no, array[cardinality(v_freed)]), v_freed);
  end if;
  return v_changed;
end
$function$;
