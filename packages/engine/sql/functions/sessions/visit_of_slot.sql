-- visit_of_slot: what the digest of a slot says of its visit; null: the slot is of none.
--
-- Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.visit_of_slot(p_slot holdfast.slot) returns text
language sql immutable
return nullif(concat_ws(' ', (p_slot).session_id, (p_slot).visit_type_id,
                        'before ' || nullif((p_slot).buffer_before_minutes, 0),
                        'after ' || nullif((p_slot).buffer_after_minutes, 0), 'takes ' || (p_slot).takes::text), '');
