-- widen_block: gives the slot of a block so much capacity that p_units more fit, if it has less. From then on, the
-- block has its planned minutes in its own row. For a day of open time, only the capacity changes.
--
-- Internal.
-- Locks: none; the caller has locked the slot. Fails: never. Idempotent: yes.
create or replace function holdfast.widen_block(p_clinic_no integer, p_slot_id uuid, p_units integer) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
  update block k set minutes = s.capacity
    from slot s
   where k.clinic_no = p_clinic_no and k.slot_id = p_slot_id and k.minutes is null
     and s.clinic_no = p_clinic_no and s.id = p_slot_id and s.capacity < s.taken + p_units;
  update slot s
     set capacity = s.taken + p_units,
         digest = slot_digest(s.id, s.resource_id, s.starts_at, s.ends_at, s.taken + p_units,
                              s.withdrawn_at, s.blocked_at)
   where s.clinic_no = p_clinic_no and s.id = p_slot_id and s.capacity < s.taken + p_units;
end
$function$;
