-- id_month: the beginning of the month (UTC) of an id, which is that of its partitions, without a time zone.
--
-- The planner replaces a call by this body. Internal. Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.id_month(p_id uuid) returns timestamp
language sql immutable strict parallel safe
-- The first 48 bits are milliseconds since 1970.
return date_trunc('month', timestamp '1970-01-01 00:00:00' + interval '1 ms'
                           * ('x' || translate(left(p_id::text, 13), '-', ''))::bit(48)::bigint);
