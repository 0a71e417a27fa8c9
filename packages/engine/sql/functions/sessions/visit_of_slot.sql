-- visit_of_slot: what the digest of a slot says of its visit; null: the slot is of none.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.visit_of_slot(p_slot holdfast.slot) returns text
language sql immutable
return case when (p_slot).session_id is not null
            then concat_ws(' ', (p_slot).session_id, (p_slot).visit_type_id, (p_slot).buffer_before_minutes,
                           (p_slot).buffer_after_minutes) end;
