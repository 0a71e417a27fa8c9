-- details_of_case: what an event says of a case that was claimed or moved: booking_event.case_details.
--
-- p_allocations: as allocations_of. p_override: null: the case has none. p_is_over: it has ended by its plan, so it is
-- entered afterwards.
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.details_of_case(p_allocations jsonb, p_override jsonb, p_is_over boolean)
  returns jsonb
language sql immutable
return jsonb_strip_nulls(jsonb_build_object('allocations', p_allocations, 'override', p_override,
                                           'afterwards', case when p_is_over then true end));
