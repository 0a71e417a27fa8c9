-- rival_requests: the other requests that hold nothing, and whose times with their buffers overlap that of a request:
-- the approval of the request ends them, unless units of the group remain.
--
-- p_id: the request. p_slot_id: the slot that it gets; null: the one that it has.
-- Locks: none; take_requested_time has locked the doctor: who asks for such a time from then on waits for its slot.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.rival_requests(p_clinic_no integer, p_id uuid, p_slot_id uuid default null)
returns uuid[]
language plpgsql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $function$
declare
  v_slot slot;
begin
  select s.* into v_slot from slot s
   where s.clinic_no = p_clinic_no
     and s.id = coalesce(p_slot_id, (select b.slot_id from bookings_by_id(array[p_clinic_no], array[p_id]) b));
  return array(
    select b.id
      from slot s
      join booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id and b.id >= recent_ids()
     where s.clinic_no = p_clinic_no and s.resource_id = v_slot.resource_id and s.session_id is not null
       -- A slot has 25 hours at most, and a buffer 4.
       and s.starts_at between v_slot.starts_at - interval '33 hours' and v_slot.ends_at + interval '8 hours'
       and time_of_slot(s) && time_of_slot(v_slot)
       and b.status = 'PENDING' and b.units = 0 and b.requested_at is not null and b.id <> p_id
       and not (s.visit_type_id = v_slot.visit_type_id and s.starts_at = v_slot.starts_at
                and v_slot.taken + 1 < v_slot.capacity));
end
$function$;
