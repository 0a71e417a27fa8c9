-- change_block: releases a block to everybody, reclaims it for its owner, gives it to another owner, or changes its
-- minutes. Cases that are booked in it stay.
--
-- p_action: release | reclaim | take_over (p_service, p_surgeon_id) | resize (p_minutes). used: minutes that are
-- booked.
-- reclaim ends a release by hand; one by its day is undone only with the rule, so the rule goes too.
-- Outcomes: done | block_missing (or withdrawn) | minutes_over_length (resize to more than it lasts) | minutes_in_use
--   (resize to less than it has and than what is booked)
-- Locks: the slot; then its lapsed holds.
-- Fails: 22023 for an unknown action. Idempotent: yes.
create or replace function holdfast.change_block(
  p_clinic_no integer, p_slot_id uuid, p_action text, p_service text, p_surgeon_id uuid, p_minutes integer,
  p_actor_id uuid
) returns table (outcome text, used integer, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_slot slot;
  v_planned integer;
  v_now timestamptz;
begin
  if p_action not in ('release', 'reclaim', 'take_over', 'resize') then
    raise exception 'actions are release, reclaim, take_over and resize, not %', p_action
      using errcode = 'invalid_parameter_value';
  end if;
  perform 1 from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id for update;
  v_now := clock_timestamp();
  select * into v_slot from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id;
  if v_slot.id is null or v_slot.withdrawn_at is not null
     or not exists (select from block k where k.clinic_no = p_clinic_no and k.slot_id = p_slot_id) then
    outcome := 'block_missing';
    return next;
    return;
  end if;
  if v_slot.next_lapse <= v_now then
    perform lapse_holds(array[p_clinic_no], array[p_slot_id], v_now);
    select * into v_slot from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id;
  end if;
  used := v_slot.taken;
  select coalesce(k.minutes, v_slot.capacity) into v_planned
    from block k where k.clinic_no = p_clinic_no and k.slot_id = p_slot_id;
  if p_action = 'resize' and p_minutes > extract(epoch from v_slot.ends_at - v_slot.starts_at) / 60 then
    outcome := 'minutes_over_length';
    return next;
    return;
  end if;
  if p_action = 'resize' and p_minutes < least(used, v_planned) then
    outcome := 'minutes_in_use';
    return next;
    return;
  end if;
  if p_action = 'resize' then
    update slot s
       set capacity = greatest(p_minutes, used),
           digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, greatest(p_minutes, used),
                                s.withdrawn_at, s.blocked_at)
     where s.clinic_no = p_clinic_no and s.id = p_slot_id;
  end if;
  update block k
     set released_at = case p_action when 'release' then coalesce(k.released_at, v_now) when 'reclaim' then null
                                     else k.released_at end,
         release_days = case when p_action = 'reclaim'
                               and v_slot.starts_at - make_interval(days => k.release_days) <= v_now then null
                             else k.release_days end,
         service = case when p_action = 'take_over' then p_service else k.service end,
         surgeon_id = case when p_action = 'take_over' then p_surgeon_id else k.surgeon_id end,
         minutes = case when p_action <> 'resize' then k.minutes when p_minutes < used then p_minutes end,
         updated_by = p_actor_id
   where k.clinic_no = p_clinic_no and k.slot_id = p_slot_id;
  insert into directory_change (clinic_no, resource_id) values (p_clinic_no, v_slot.resource_id);
  outcome := 'done';
  tx := pg_current_xact_id();
  return next;
end
$function$;
