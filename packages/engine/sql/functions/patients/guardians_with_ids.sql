-- guardians_with_ids: the guardians of a patient (patient.guardians); those that were sent without an id get one here.
-- It is the id of the entry before with the same name, or with the same telephone number and e-mail address: so an
-- erasure that is repeated after a restore finds somebody whose entry was changed in between. Others get a new id: a
-- family shares a telephone number, and whoever has the id of somebody else would be erased with them.
--
-- p_before: what the record had.
-- Internal: called by fold_patient. Locks: none. Fails: never. Idempotent: no: new ids differ.
create or replace function holdfast.guardians_with_ids(p_clinic_no integer, p_guardians jsonb, p_before jsonb)
  returns jsonb
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_ids text[] := array(select g.guardian->>'id' from jsonb_array_elements(p_guardians) with ordinality g(guardian, n)
                         order by g.n);
  v_pair record;
begin
  for v_pair in
    select g.n, b.guardian->>'id' as id
      from jsonb_array_elements(p_guardians) with ordinality g(guardian, n)
     cross join jsonb_array_elements(p_before) with ordinality b(guardian, n)
     cross join lateral (select count(*) as fields
                           from unnest('{name,phone,email}'::text[]) f(name)
                          where g.guardian->>f.name = b.guardian->>f.name) same
     where same.fields >= 2 or g.guardian->>'name' = b.guardian->>'name'
     order by same.fields desc, g.n, b.n
  loop
    if v_ids[v_pair.n] is null and array_position(v_ids, v_pair.id) is null then
      v_ids[v_pair.n] := v_pair.id;
    end if;
  end loop;
  return (
    select coalesce(jsonb_agg(g.guardian || jsonb_build_object(
                      'id', coalesce(v_ids[g.n], new_id(p_clinic_no, clock_timestamp())::text)) order by g.n), '[]')
      from jsonb_array_elements(p_guardians) with ordinality g(guardian, n));
end
$function$;
