-- offer_public_places: offers what is free of a doctor, or of all doctors of a clinic (p_resource_id is null), to those
-- who wait for it, after a change by which patients can book it: a doctor is active again, the minimum notice is
-- shorter, the booking horizon longer. The 1,000 earliest slots.
--
-- p_notice_minutes, p_horizon_days: those of the clinic before the change; what patients could book already is not
-- offered. null: they could book nothing.
--
-- Locks: the slots, by (clinic_no, id); then as offer_places. The caller has locked the resource, if it changes it.
-- Fails: check_violation if a count of units were wrong.
-- Idempotent: yes.
create or replace function holdfast.offer_public_places(
  p_clinic_no integer, p_resource_id uuid, p_notice_minutes integer default null, p_horizon_days integer default null
) returns void
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_newly_public constant tstzmultirange := desk_only_times(v_now, p_notice_minutes, p_horizon_days);
  v_slot_ids uuid[];
begin
  select array_agg(q.id) into v_slot_ids
    from (select s.id
            from resource r
            join slot s on s.clinic_no = r.clinic_no and s.resource_id = r.id
           where r.clinic_no = p_clinic_no and r.kind = 'doctor' and r.active
             and (p_resource_id is null or r.id = p_resource_id)
             and s.withdrawn_at is null and s.session_id is null and s.blocked_at is null
             and s.starts_at > v_now and s.taken < s.capacity
             and v_newly_public @> s.starts_at
           order by s.starts_at, s.id limit 1000) q;
  if v_slot_ids is null then
    return;
  end if;
  perform 1 from slot s where s.clinic_no = p_clinic_no and s.id = any (v_slot_ids) order by s.clinic_no, s.id
    for update;
  perform offer_places(array_fill(p_clinic_no, array[cardinality(v_slot_ids)]), v_slot_ids);
end
$function$;
