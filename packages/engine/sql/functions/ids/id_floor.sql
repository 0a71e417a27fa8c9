-- id_floor: the smallest UUID of a millisecond: ids created at p_at or later sort at or above it, earlier ones below.
-- The bound of partitions, and of queries that are pruned to them; the same as idFloor in src/model/id.ts.
--
-- The planner replaces a call by this body, which needs an expression without time zones: the epoch of a timestamptz
-- depends on one, for PostgreSQL, and a call took 3.5 µs instead of 1.3.
-- Locks: none. Fails: never for times from 1970 to 10889. Idempotent: yes.
create or replace function holdfast.id_floor(p_at timestamptz) returns uuid
language sql immutable strict parallel safe
return (lpad(to_hex(floor(extract(epoch from p_at - timestamptz '1970-01-01 00:00:00+00') * 1000)::bigint), 12, '0')
        || repeat('0', 20))::uuid;
