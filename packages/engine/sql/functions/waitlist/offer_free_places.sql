-- offer_free_places: offers what is free already and fits a new entry, and what its patient cannot book
-- (desk_only_times), if a member of the clinic has added the entry. The places of the three earliest slots that fit
-- are offered by the order of the waitlist, so somebody else may get them. Returns the transaction, null if there is
-- nothing to offer.
--
-- Locks: the slots, by (clinic_no, id); then as offer_places.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes.
create or replace function holdfast.offer_free_places(p_clinic_no integer, p_entry_id uuid) returns xid8
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_quiet_until constant timestamptz := quiet_until(p_clinic_no, v_now);
  v_slot_ids uuid[];
begin
  select array_agg(q.id) into v_slot_ids
    from (select f.id
            -- Sorted before offer_until is called, which is then called until three are found, and not for every free
            -- slot of a year.
            from (select s.id, s.starts_at, c.waitlist_offer_minutes as offer_minutes,
                         c.waitlist_notice_minutes as notice_minutes
                    from waitlist_entry e
                    join clinic c on c.no = e.clinic_no
                    join resource r on r.clinic_no = e.clinic_no and r.kind = 'doctor' and r.active
                                   and (r.id = e.resource_id or r.specialization = e.specialization)
                   cross join lateral unnest(
                     desk_only_times(v_now, c.minimum_notice_minutes, c.booking_horizon_days)) d
                   -- Not joined, so that the times of each range bound a range of an index.
                   cross join lateral (
                     select o.* from slot o
                      where o.clinic_no = r.clinic_no and o.resource_id = r.id
                        and o.starts_at >= greatest(lower(d), e.from_date::timestamp at time zone c.timezone)
                        and o.starts_at < least(upper(d), (e.to_date + 1)::timestamp at time zone c.timezone)
                     offset 0) s
                   cross join lateral (select s.starts_at at time zone c.timezone as at) l
                   where e.clinic_no = p_clinic_no and e.id = p_entry_id and e.ended_at is null and e.offer_id is null
                     and e.visit_type_id is null
                     and s.starts_at > v_now and d @> s.starts_at
                     and e.joined_by is not null
                     and s.withdrawn_at is null and s.session_id is null and s.blocked_at is null
                     and s.capacity - s.taken >= e.units
                     and (e.weekdays is null or date_part('isodow', l.at)::integer = any (e.weekdays))
                     and (e.time_from is null or l.at::time >= e.time_from)
                     and (e.time_to is null or l.at::time < e.time_to)
                   order by s.starts_at, s.id offset 0) f
           where offer_until(v_now, f.starts_at, f.offer_minutes, f.notice_minutes, v_quiet_until) is not null
           limit 3) q;
  if v_slot_ids is null then
    return null;
  end if;
  perform 1 from slot s where s.clinic_no = p_clinic_no and s.id = any (v_slot_ids) order by s.clinic_no, s.id
    for update;
  perform offer_places(array_fill(p_clinic_no, array[cardinality(v_slot_ids)]), v_slot_ids);
  return pg_current_xact_id();
end
$function$;
