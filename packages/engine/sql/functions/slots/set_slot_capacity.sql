-- set_slot_capacity: gives a doctor's slot another capacity, as long as it has not ended. What it adds is offered to
-- those who wait, before anybody else sees it (offer_places). Before a smaller capacity is compared with the units that
-- are taken, lapsed holds are given back, as the sweep does, so their units are also offered first.
--
-- p_from: for a repetition: the capacity that the slot had before; null: any.
--
-- Returns one row: the outcome, and the slot as it is afterwards. taken: the units of its bookings and holds.
-- Outcomes: done | slot_missing (or a block of an operating room: change_block; or the slot of a visit, and empty) |
--   slot_closed:withdrawn | slot_closed:ended | capacity_in_use (more units than p_capacity are taken) |
--   capacity_changed (to another one than p_from and p_capacity)
-- Locks: the slot; then its lapsed holds; then as offer_places.
-- Fails: check_violation for a capacity outside of 1–1,000,000. Idempotent: yes.
create or replace function holdfast.set_slot_capacity(
  p_clinic_no integer, p_slot_id uuid, p_capacity integer, p_from integer default null
) returns table (
  outcome text, resource_id uuid, starts_at timestamptz, ends_at timestamptz, capacity integer, taken integer, tx xid8
)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $function$
#variable_conflict use_column
declare
  v_slot slot;
  v_now timestamptz;
begin
  select s.* into v_slot from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id for update;
  v_now := clock_timestamp();
  if v_slot.id is null or v_slot.withdrawn_at is null and not takes_time(v_slot) or not exists (select from resource r
                                       where r.clinic_no = p_clinic_no and r.id = v_slot.resource_id
                                         and r.kind = 'doctor') then
    outcome := 'slot_missing';
    return next;
    return;
  end if;
  if v_slot.withdrawn_at is not null or v_slot.ends_at <= v_now then
    outcome := case when v_slot.withdrawn_at is not null then 'slot_closed:withdrawn' else 'slot_closed:ended' end;
    return next;
    return;
  end if;
  if v_slot.capacity not in (p_from, p_capacity) then
    outcome := 'capacity_changed';
    return next;
    return;
  end if;
  -- At most 1,000 lapsed holds a time.
  while p_capacity < v_slot.taken and v_slot.next_lapse <= v_now loop
    perform lapse_holds(array[p_clinic_no], array[p_slot_id], v_now);
    select s.* into v_slot from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id;
  end loop;
  if p_capacity < v_slot.taken then
    outcome := 'capacity_in_use';
    taken := v_slot.taken;
    return next;
    return;
  end if;
  if p_capacity <> v_slot.capacity then
    perform give_capacity(p_clinic_no, p_slot_id, p_capacity);
    if p_capacity > v_slot.capacity then
      perform offer_places(array[p_clinic_no], array[p_slot_id]);
    end if;
  end if;
  return query
  select 'done', s.resource_id, s.starts_at, s.ends_at, s.capacity, s.taken, pg_current_xact_id()
    from slot s where s.clinic_no = p_clinic_no and s.id = p_slot_id;
end
$function$;
