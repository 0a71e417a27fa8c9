-- lock_with_merged: locks these records, with all that with_merged finds, and returns their ids. Until the commit, none
-- is merged with them or separated from them, and nothing is linked to them.
--
-- A merge may commit while it waits, and add a record. Then it gives its locks back and takes them all again: locking
-- only what is new would not be by id.
--
-- Internal: called by the functions that erase.
-- Locks: the records, by id. Fails: never. Idempotent: yes.
create or replace function holdfast.lock_with_merged(p_clinic_no integer, p_ids uuid[]) returns uuid[]
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
declare
  v_locked_ids uuid[];
  v_ids uuid[];
begin
  loop
    v_locked_ids := with_merged(p_clinic_no, p_ids);
    begin
      perform 1 from patient t
        where t.clinic_no = p_clinic_no and t.id = any (v_locked_ids) order by t.clinic_no, t.id for update;
      v_ids := with_merged(p_clinic_no, p_ids);
      if v_ids <@ v_locked_ids then
        return v_ids;
      end if;
      raise sqlstate 'HF001';
    exception
      when sqlstate 'HF001' then null;
    end;
  end loop;
end
$function$;
