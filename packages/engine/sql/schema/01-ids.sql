-- A table is of one of two kinds: small and global (such as specialization or shard), or with clinic_no first in its
-- primary key and in every unique, exclusion and foreign key, so that a clinic's rows can be moved to another database
-- together (docs/decisions/0003, 0032). The migrating role owns the schema; sql/grants.sql says what the server's role
-- may do.
--
-- Columns whose values say who a patient is have no statistics: the planner's samples would outlive an erasure.

create extension if not exists btree_gist;

-- The clinic's 24-bit number inside an id: the low 12 bits of bytes 6–7 and the first 12 after the variant.
create function holdfast.clinic_no_of(id uuid) returns integer
language plpgsql immutable strict parallel safe
as $$
begin
  return ((get_byte(uuid_send(id), 6) & 15) << 20)
       | (get_byte(uuid_send(id), 7) << 12)
       | ((get_byte(uuid_send(id), 8) & 63) << 6)
       | (get_byte(uuid_send(id), 9) >> 2);
end
$$;
