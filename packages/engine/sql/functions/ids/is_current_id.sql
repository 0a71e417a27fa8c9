-- is_current_id: whether an id was created within a day of p_at, which is when the clocks of servers and database allow
-- it: ids_from and ids_until(p_at) rely on it, and this costs a lone claim less than comparing with both.
--
-- Internal. The planner replaces a call by this body.
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_current_id(p_id uuid, p_at timestamptz) returns boolean
language sql stable strict parallel safe
-- The first 48 bits are milliseconds since 1970.
return abs(('x' || encode(substring(uuid_send(p_id) for 6), 'hex'))::bit(48)::bigint
           - date_part('epoch', p_at) * 1000) < 86400000;
