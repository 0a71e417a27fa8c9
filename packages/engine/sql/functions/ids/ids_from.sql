-- ids_from: the lowest id that anything created at p_at or later can have. Ids have the time of the server that created
-- them, and its clock may differ from the database's by a day: claims with other ids are refused (ids_until). The same
-- as idsFrom in src/model/id-bounds.ts.
--
-- Internal. Locks: none. Fails: as id_floor. Idempotent: yes.
create or replace function holdfast.ids_from(p_at timestamptz) returns uuid
language sql immutable strict parallel safe
return holdfast.id_floor(p_at - interval '24 hours');
