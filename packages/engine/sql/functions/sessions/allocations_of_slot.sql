-- allocations_of_slot: the allocations of a visit's slot that takes time, by its column takes: each unit for the time
-- of the slot with its buffers. claim_times and slot_for_move write them, and verify compares them.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.allocations_of_slot(p_slot holdfast.slot) returns setof holdfast.allocation
language plpgsql stable
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  return query
  select (p_slot).clinic_no, (p_slot).id, (t.unit->>1)::uuid, (t.unit->>2)::integer, t.unit->>0,
         time_of_slot(p_slot), null::timestamptz
    from jsonb_array_elements((p_slot).takes) t(unit);
end
$function$;
