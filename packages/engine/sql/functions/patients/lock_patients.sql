-- lock_patients: serializes transactions that look whether a patient has an appointment at the same time
-- (visits_at_once) and then write one: if two run at once, the second sees what the first has written. A patient with
-- another name is another person (is_same_person), so the lock is by clinic and name.
--
-- p_names: results of fold_name; null: none. A name that was read from a booking is compared again once that is locked:
-- another one is not locked.
--
-- Internal. Locks: patient_lock of each, in order, until the commit. They come before those of slots.
-- Fails: never. Idempotent: yes.
create or replace function holdfast.lock_patients(p_clinic_nos integer[], p_names text[]) returns void
language plpgsql
set search_path = holdfast, pg_catalog, pg_temp
as $function$
begin
  perform pg_advisory_xact_lock(q.patient_lock)
     from (select distinct patient_lock(i.clinic_no, i.name) as patient_lock
             from unnest(p_clinic_nos, p_names) i(clinic_no, name)
            where i.name is not null
            order by 1) q;
end
$function$;
