-- takes_from_block: whether the turnover after a case that ends at p_ends_at reaches into a block of the room that is
-- not open to the case (block_is_open). Such a case may be booked, but its owner has less of that block then.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.takes_from_block(
  p_clinic_no integer, p_room_id uuid, p_ends_at timestamptz, p_service text, p_surgeon_id uuid, p_now timestamptz
) returns boolean
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
declare
  v_turnover constant interval := (select make_interval(mins => r.turnover_minutes) from resource r
                                    where r.clinic_no = p_clinic_no and r.id = p_room_id);
begin
  return exists (
    select from slot s
      join block k on k.clinic_no = s.clinic_no and k.slot_id = s.id
     where s.clinic_no = p_clinic_no and s.resource_id = p_room_id and s.withdrawn_at is null
       and tstzrange(s.starts_at, s.ends_at) && tstzrange(p_ends_at, p_ends_at + v_turnover)
       and s.starts_at >= p_ends_at
       and not block_is_open(k, s.starts_at, p_service, p_surgeon_id, p_now));
end
$function$;
