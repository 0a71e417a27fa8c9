-- id_floor: the smallest UUID of a millisecond: ids created at p_at or later sort at or above it, earlier ones below.
-- The bound of partitions, and of queries that are pruned to them; the same as idFloor in src/model/id.ts.
--
-- Locks: none. Fails: never for times from 1970 to 10889. Idempotent: yes.
create or replace function holdfast.id_floor(p_at timestamptz) returns uuid
language sql immutable strict parallel safe
return (lpad(to_hex(floor(extract(epoch from p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
