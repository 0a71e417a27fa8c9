-- new_id: an id of a clinic, created at p_at (docs/decisions/0003), for what the database itself creates. Others come
-- from the application.
--
-- Internal. Locks: none. Fails: never. Idempotent: no; its last 50 bits are random.
create or replace function holdfast.new_id(p_clinic_no integer, p_at timestamptz) returns uuid
language sql volatile
return encode(substring(int8send((date_part('epoch', p_at) * 1000)::bigint) from 3)
              || substring(int4send(x'8000'::integer | (p_clinic_no >> 12)) from 3)
              || substring(int4send(x'8000'::integer | ((p_clinic_no & 4095) << 2) | floor(random() * 4)::integer)
                           from 3)
              || substring(uuid_send(gen_random_uuid()) from 11), 'hex')::uuid;
