-- details_of_case: what an event says of a case that was claimed or moved: booking_event.case_details.
--
-- p_allocations: as allocations_of. p_override: null: the case has none.
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.details_of_case(p_allocations jsonb, p_override jsonb) returns jsonb
language sql immutable
return jsonb_strip_nulls(jsonb_build_object('allocations', p_allocations, 'override', p_override));
