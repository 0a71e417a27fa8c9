-- with_buffers: a time with the longest buffers that visits have before and after it. Whoever compares a time with
-- time_of_slot searches the index of slots by it: the index has no buffers.
--
-- The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.with_buffers(p_during tstzrange) returns tstzrange
language sql stable
return tstzrange(lower(p_during) - interval '4 hours', upper(p_during) + interval '4 hours');
