-- ids_until: the ids of everything created by p_at are lower. See ids_from.
--
-- Internal. Locks: none. Fails: as id_floor. Idempotent: yes.
create or replace function holdfast.ids_until(p_at timestamptz) returns uuid
language sql immutable strict parallel safe
return holdfast.id_floor(p_at + interval '24 hours');
