-- with_buffers: a time with the longest buffers that visits have before and after it. Whoever compares a time with
-- time_of_slot searches the index of slots by it: the index has no buffers. An empty time stays empty.
--
-- The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.with_buffers(p_during tstzrange) returns tstzrange
language sql stable
return case when isempty(p_during) then p_during
            else tstzrange(lower(p_during) - interval '4 hours', upper(p_during) + interval '4 hours') end;
