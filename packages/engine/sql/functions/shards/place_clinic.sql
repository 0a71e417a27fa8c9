-- place_clinic: draws the number of a new clinic, and notes in the directory in which database it will be. The
-- application may not write these notes by itself: one of a number that is still to be drawn would stop new clinics. A
-- number that is noted already is left out.
--
-- Returns the number; null: the database gets no new clinics, because it is drained.
-- Locks: clinic_shard as a write does, before it reads whether the database is drained: who drains it waits for that.
-- Fails: check_violation for what is no number of a database.
-- Idempotent: no; the caller stores the number under the key of the request.
create or replace function holdfast.place_clinic(p_shard_no integer) returns integer
language plpgsql security definer
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_clinic_no integer;
begin
  lock table clinic_shard in row exclusive mode;
  if exists (select from shard s where s.no = p_shard_no and s.drained_at is not null) then
    return null;
  end if;
  loop
    v_clinic_no := nextval('holdfast.clinic_no_seq');
    insert into clinic_shard (clinic_no, shard_no) values (v_clinic_no, p_shard_no) on conflict do nothing;
    if found then
      return v_clinic_no;
    end if;
  end loop;
end
$function$;
