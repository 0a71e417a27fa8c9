-- create_blocks: creates blocks of an operating room, one per element of the arrays, by create_slots: with the same
-- outcomes, and the block's owner and release rule for those that are created.
--
-- p_minutes: how many minutes of cases each takes. p_series_id: the same for blocks of one rule.
-- Outcomes: created | skipped | conflict, as create_slots.
-- Locks: the room. Fails: as create_slots; no_data_found if p_room_id is not a room.
-- Idempotent: yes; existing blocks are skipped.
create or replace function holdfast.create_blocks(
  p_clinic_no integer, p_room_id uuid, p_ids uuid[], p_starts timestamptz[], p_ends timestamptz[], p_minutes integer[],
  p_service text, p_surgeon_id uuid, p_release_days integer, p_series_id uuid, p_actor_id uuid, p_dry_run boolean
) returns table (ord integer, outcome text, slot_id uuid, tx xid8)
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
set jit = off
as $function$
#variable_conflict use_column
begin
  perform 1 from resource r where r.clinic_no = p_clinic_no and r.id = p_room_id and r.kind = 'operating_room';
  if not found then
    raise exception using errcode = 'no_data_found',
      message = format('create_blocks: clinic %s has no room %s', p_clinic_no, p_room_id);
  end if;
  return query
  with created as materialized (
    select c.* from create_slots(p_clinic_no, p_room_id, p_ids, p_starts, p_ends, p_minutes, p_dry_run) c
  ), owned as (
    insert into block (clinic_no, slot_id, service, surgeon_id, release_days, series_id, updated_by)
    select p_clinic_no, c.slot_id, p_service, p_surgeon_id, p_release_days, p_series_id, p_actor_id
      from created c where c.outcome = 'created' and not p_dry_run
  )
  select c.ord, c.outcome, c.slot_id, c.tx from created c order by c.ord;
end
$function$;
