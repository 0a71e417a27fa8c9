-- moving_clinics: the numbers of the clinics whose rows cannot be changed here, because they are moved to another
-- database, or such a move was interrupted (refuse_moving_clinic). Statements that change rows of several clinics leave
-- them out: their rows would be refused, and those of all others with them.
--
-- Locks: none. Fails: never. Idempotent: yes.
create or replace function holdfast.moving_clinics() returns integer[]
language sql stable security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
  select array(select m.clinic_no from moving_clinic m where m.refused_until > statement_timestamp())
$function$;
