-- is_clinic_here: whether this database has all rows of a clinic. It may not have them from when their copy in another
-- database is about to be committed, until it has none: servers that have not learned of the move must not read them.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.is_clinic_here(p_clinic_no integer) returns boolean
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select exists (select from clinic c where c.no = p_clinic_no)
     and not exists (select from moving_clinic m where m.clinic_no = p_clinic_no and m.refused_until = 'infinity')
$function$;
