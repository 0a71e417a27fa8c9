-- time_of_slot: when a slot takes its doctor's time, if it does (takes_time): with the buffers of its visit.
--
-- The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.time_of_slot(p_slot holdfast.slot) returns tstzrange
language sql stable
return tstzrange((p_slot).starts_at - make_interval(mins => (p_slot).buffer_before_minutes),
                 (p_slot).ends_at + make_interval(mins => (p_slot).buffer_after_minutes));
